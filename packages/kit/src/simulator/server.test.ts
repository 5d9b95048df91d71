import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AdjustableClock } from '../clock.ts'
import { type Simulator, startSimulator } from './index.ts'

/** A neighbour that answers everything with OK and streams what the test says. */
let simulator: Simulator
let clock: AdjustableClock
const streams: ServerResponse[] = []
beforeEach(async () => {
  streams.length = 0
  clock = new AdjustableClock('still', new Date('2026-11-22T12:00:00Z'))
  simulator = await startSimulator({
    name: 'Neighbour',
    clock,
    handle: () => ({ status: 200, body: { ok: true } }),
    describe: () => ({ service: 'neighbour', func: 'call' }),
    error: (_request, status, message) => ({ status, body: { message } }),
    settle: () => {},
    state: () => ({}),
    reset: () => {},
    stream: (request, response) => {
      if (request.path !== '/watch') return false
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('one;')
      streams.push(response)
      return true
    },
  })
})
afterEach(() => simulator.close())

const arm = (fault: unknown) => fetch(`${simulator.url}/_sim/faults`, { method: 'POST', body: JSON.stringify(fault) })

describe('a fault that makes no sense', () => {
  const match = {}
  const nonsense: [what: string, fault: unknown, says: RegExp][] = [
    ['no object', 'status', /a fault is an object/],
    ['a list', [], /a fault is an object/],
    ['no effect', { match }, /effect is one of status/],
    ['an effect that is not known', { match, effect: 'explode' }, /effect is one of status/],
    ['a member that is not known', { match, effect: 'html', metod: 'GET' }, /no metod/],
    [
      'a match that is not known',
      { match: { metod: 'GET' }, effect: 'html' },
      /match has service, method, path, func, and no metod/,
    ],
    ['a match that is a text', { match: 'GET', effect: 'html' }, /match is an object/],
    ['a method that is a number', { match: { method: 5 }, effect: 'html' }, /method is a text/],
    ['an empty service', { match: { service: '' }, effect: 'html' }, /service is a text/],
    ['a path that is no expression', { match: { path: '(' }, effect: 'html' }, /regular expression/],
    ['a status that is a text', { match, effect: 'status', status: 'abc' }, /status is a whole number from 200 to 599/],
    ['a status out of range', { match, effect: 'status', status: 1000 }, /status is a whole number/],
    ['a delay before now', { match, effect: 'delay', delay_ms: -1 }, /delay_ms is a number from 0/],
    ['no times', { match, effect: 'html', times: 0 }, /times is a whole number/],
    ['a probability of two', { match, effect: 'html', probability: 2 }, /probability is a number from 0 to 1/],
    ['a seed that is a text', { match, effect: 'html', seed: 'x' }, /seed is a whole number/],
  ]
  test.each(nonsense)('%s is refused with a sentence, and breaks nothing', async (_what, fault, says) => {
    const answer = await arm(fault)
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { error: string }).error).toMatch(says)
    expect(await (await fetch(`${simulator.url}/thing`)).json()).toEqual({ ok: true })
  })

  test('and one that makes sense is armed', async () => {
    const fault = {
      match: { method: 'get', path: '^/thing' },
      effect: 'status',
      status: 503,
      body: 'x',
      times: 1,
      probability: 1,
      seed: 3,
    }
    expect((await arm(fault)).status).toBe(201)
    expect((await fetch(`${simulator.url}/thing`)).status).toBe(503)
  })
})

describe('a fault on an endless answer', () => {
  const watch = async () => {
    const answer = await fetch(`${simulator.url}/watch`)
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    return async () => {
      const { done, value } = await reader.read()
      return done ? 'the end' : Buffer.from(value).toString()
    }
  }
  const soon = () => new Promise((resolve) => setTimeout(resolve, 40))

  test('drop-after cuts it after its first piece', async () => {
    simulator.faults.add({ match: { path: '^/watch$' }, effect: 'drop-after', times: 1 })
    const next = await watch()
    expect(await next()).toBe('one;')
    await expect(next()).rejects.toThrow()
    expect(simulator.journal().map(({ status }) => status)).toEqual(['dropped'])
    expect(await (await watch())()).toBe('one;')
  })

  test('delay-after holds each piece back, by the clock', async () => {
    simulator.faults.add({ match: { path: '^/watch$' }, effect: 'delay-after', delay_ms: 5000 })
    let come = ''
    const coming = watch().then(async (next) => {
      come = await next()
    })
    await soon()
    clock.advance(4900)
    await soon()
    expect(come).toBe('')
    clock.advance(200)
    await coming
    expect(come).toBe('one;')
  })

  test('slow-body sends it a byte at a time', async () => {
    simulator.faults.add({ match: { path: '^/watch$' }, effect: 'slow-body', delay_ms: 20 })
    const next = await watch()
    expect([await next(), await next(), await next(), await next()]).toEqual(['o', 'n', 'e', ';'])
    streams[0]?.end('!')
    expect([await next(), await next()]).toEqual(['!', 'the end'])
  })

  test('silent-ok opens it and says nothing', async () => {
    simulator.faults.add({ match: { path: '^/watch$' }, effect: 'silent-ok' })
    const next = await watch()
    streams[0]?.write('two;')
    await soon()
    streams[0]?.end()
    expect(await next()).toBe('the end')
  })

  test('leaves answers that have an end as they were', async () => {
    simulator.faults.add({ match: {}, effect: 'slow-body', delay_ms: 1 })
    expect(await (await fetch(`${simulator.url}/thing`)).json()).toEqual({ ok: true })
  })
})

test('the page has a field for each member of a fault', async () => {
  const page = await (await fetch(simulator.url, { headers: { accept: 'text/html' } })).text()
  for (const name of [
    'service',
    'method',
    'path',
    'func',
    'effect',
    'status',
    'body',
    'delay_ms',
    'times',
    'probability',
    'seed',
  ])
    expect(page).toContain(`name="${name}"`)
})
