import { expect, test } from 'vitest'
import { readWhole } from './whole.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** A service that lists what `list` holds at each call, at most 1000 of it. */
function service(list: (call: number) => number[]) {
  const asked: number[] = []
  const ask = async ({ limit, offset }: { limit: number; offset: number }) => {
    const all = list(asked.length)
    asked.push(offset)
    return { data: { count: all.length, result: all.slice(offset, offset + Math.min(limit, 1000)) } }
  }
  return { ask, asked }
}

test('a list of 1000 is one call, one of 1001 and one of 2500 are read to the end', async () => {
  for (const [length, calls] of [
    [0, [0]],
    [1000, [0]],
    [1001, [0, 1000]],
    [2500, [0, 1000, 2000]],
  ] as const) {
    const { ask, asked } = service(() => numbers(length))
    expect(await readWhole(ask)).toEqual(numbers(length))
    expect(asked).toEqual(calls)
  }
})

test('a list that becomes longer while it is read is read again', async () => {
  const { ask, asked } = service((call) => (call === 0 ? numbers(1500) : numbers(1501)))
  expect(await readWhole(ask)).toEqual(numbers(1501))
  expect(asked).toEqual([0, 1000, 0, 1000])
})

test('a list that never holds still, or is too long, is an error and no part of it', async () => {
  await expect(readWhole(service((call) => numbers(1500 + call)).ask)).rejects.toThrow('changed')
  await expect(readWhole(service(() => numbers(100_001)).ask)).rejects.toThrow('100001')
})
