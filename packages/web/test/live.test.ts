import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLive } from '../src/lib/live.ts'

/** The browser's EventSource, driven by hand. */
class Stream extends EventTarget {
  readyState = 0
  closed = false
  open() {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }
  say(type: string, data: unknown) {
    this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data) }))
  }
  fail(readyState: number) {
    this.readyState = readyState
    this.dispatchEvent(new Event('error'))
  }
  close() {
    this.closed = true
    this.readyState = 2
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { hidden: false })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function listen() {
  const streams: Stream[] = []
  const changes: unknown[] = []
  let polls = 0
  const live = createLive({
    url: '/v2/events',
    pollMs: 15_000,
    onChange: (change) => changes.push(change),
    onPoll: () => {
      polls += 1
    },
    open: () => {
      const stream = new Stream()
      streams.push(stream)
      return stream as unknown as EventSource
    },
  })
  return { live, streams, changes, polls: () => polls, last: () => streams.at(-1) as Stream }
}

test('an open stream is live and hands changes on', () => {
  const { live, changes, last } = listen()
  expect(live.state.value).toBe('polling')
  last().open()
  last().say('change', { type: 'server', id: 'a', project_id: 'p' })
  expect([live.state.value, changes]).toEqual(['live', [{ type: 'server', id: 'a', project_id: 'p' }]])
  live.close()
})

test('a lost stream is polled for, and what was missed is fetched when it is back', () => {
  const { live, last, polls } = listen()
  last().open()
  const before = polls()
  last().fail(0)
  expect(live.state.value).toBe('polling')
  vi.advanceTimersByTime(31_000)
  expect(polls()).toBe(before + 2)
  last().open()
  expect([live.state.value, polls()]).toEqual(['live', before + 3])
  vi.advanceTimersByTime(60_000)
  expect(polls()).toBe(before + 3)
  live.close()
})

test('when the server refuses for good a new stream is tried, slower each time up to half a minute', () => {
  const { live, streams, last } = listen()
  const waits: number[] = []
  for (let round = 0; round < 7; round += 1) {
    const had = streams.length
    last().fail(2)
    let waited = 0
    while (streams.length === had && waited < 60) {
      vi.advanceTimersByTime(1000)
      waited += 1
    }
    waits.push(waited)
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30])
  live.close()
})

test('a page that nobody looks at does not poll', () => {
  const { live, polls } = listen()
  vi.stubGlobal('document', { hidden: true })
  vi.advanceTimersByTime(60_000)
  expect(polls()).toBe(0)
  live.close()
})

test('closed is closed: no stream, no poll', () => {
  const { live, streams, last, polls } = listen()
  last().open()
  const before = polls()
  live.close()
  last().fail(2)
  vi.advanceTimersByTime(120_000)
  expect([streams.length, polls(), last().closed]).toEqual([1, before, true])
})
