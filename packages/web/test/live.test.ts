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

let hidden: boolean
let look: () => void
beforeEach(() => {
  vi.useFakeTimers()
  hidden = false
  const document = Object.defineProperty(new EventTarget(), 'hidden', { get: () => hidden })
  vi.stubGlobal('document', document)
  look = () => {
    hidden = false
    document.dispatchEvent(new Event('visibilitychange'))
  }
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const answered = () => vi.advanceTimersByTimeAsync(0)

function listen() {
  const streams: Stream[] = []
  const changes: unknown[] = []
  const service = { polls: 0, answers: true }
  const live = createLive({
    url: '/v2/events',
    pollMs: 15_000,
    onChange: (change) => changes.push(change),
    onPoll: async () => {
      service.polls += 1
      return service.answers
    },
    open: () => {
      const stream = new Stream()
      streams.push(stream)
      return stream as unknown as EventSource
    },
  })
  return { live, streams, changes, service, polls: () => service.polls, last: () => streams.at(-1) as Stream }
}

/** The server's beat for as long as `seconds`. */
async function beats(stream: Stream, seconds: number) {
  for (let at = 15; at <= seconds; at += 15) {
    await vi.advanceTimersByTimeAsync(15_000)
    stream.say('beat', {})
  }
}

test('an open stream is live once what it missed was fetched, and hands changes on', async () => {
  const { live, changes, last } = listen()
  expect(live.state.value).toBe('polling')
  last().open()
  await answered()
  last().say('change', { type: 'server', id: 'a', project_id: 'p' })
  expect([live.state.value, changes]).toEqual(['live', [{ type: 'server', id: 'a', project_id: 'p' }]])
  live.close()
})

test('a lost stream is polled for, and what was missed is fetched when it is back', async () => {
  const { live, last, polls } = listen()
  last().open()
  await answered()
  const before = polls()
  last().fail(0)
  expect(live.state.value).toBe('polling')
  await vi.advanceTimersByTimeAsync(31_000)
  expect(polls()).toBe(before + 2)
  last().open()
  await answered()
  expect([live.state.value, polls()]).toEqual(['live', before + 3])
  await beats(last(), 60)
  expect(polls()).toBe(before + 3)
  live.close()
})

test('what is on screen is as old as the last answer or the last word of an open stream', async () => {
  const { live, last, service } = listen()
  const began = Date.now()
  const age = () => Math.round((live.updatedAt.value - began) / 1000)
  await vi.advanceTimersByTimeAsync(3000)
  last().open()
  await answered()
  expect(age()).toBe(3)
  await beats(last(), 30)
  expect(age()).toBe(33)
  last().fail(0)
  service.answers = false
  await vi.advanceTimersByTimeAsync(40_000)
  expect([age(), live.state.value]).toEqual([33, 'polling'])
  service.answers = true
  await vi.advanceTimersByTimeAsync(15_000)
  expect(age()).toBeGreaterThanOrEqual(75)
  live.close()
})

test('an open stream without an answer to what it missed is not live, and its words make nothing new', async () => {
  const { live, last, service } = listen()
  const began = live.updatedAt.value
  service.answers = false
  last().open()
  await beats(last(), 30)
  expect([live.state.value, live.updatedAt.value]).toEqual(['polling', began])
  service.answers = true
  await beats(last(), 15)
  expect(live.state.value).toBe('live')
  live.close()
})

test('a stream that says nothing for two beats is opened anew, and what is on screen is fetched', async () => {
  const { live, streams, last, polls } = listen()
  last().open()
  await beats(last(), 60)
  const before = polls()
  expect([streams.length, live.state.value]).toEqual([1, 'live'])
  await vi.advanceTimersByTimeAsync(41_000)
  expect([streams.length, streams[0]?.closed, live.state.value, polls() > before]).toEqual([2, true, 'polling', true])
  last().open()
  await answered()
  expect(live.state.value).toBe('live')
  live.close()
})

test('a computer that slept has a new stream and asks as soon as somebody looks', async () => {
  const { live, streams, last, polls } = listen()
  last().open()
  await answered()
  const before = polls()
  vi.setSystemTime(Date.now() + 3_600_000)
  look()
  expect([streams.length, live.state.value, polls()]).toEqual([2, 'polling', before + 1])
  live.close()
})

test('when the server refuses for good a new stream is tried, slower each time up to half a minute', async () => {
  const { live, streams, last } = listen()
  const waits: number[] = []
  for (let round = 0; round < 7; round += 1) {
    const had = streams.length
    last().fail(2)
    let waited = 0
    while (streams.length === had && waited < 60) {
      await vi.advanceTimersByTimeAsync(1000)
      waited += 1
    }
    waits.push(waited)
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30])
  live.close()
})

test('a page that nobody looks at does not poll until somebody looks', async () => {
  const { live, last, polls } = listen()
  last().fail(0)
  hidden = true
  await vi.advanceTimersByTimeAsync(30_000)
  expect(polls()).toBe(0)
  look()
  expect(polls()).toBe(1)
  live.close()
})

test('closed is closed: no stream, no poll', async () => {
  const { live, streams, last, polls } = listen()
  last().open()
  await answered()
  const before = polls()
  live.close()
  last().fail(2)
  look()
  await vi.advanceTimersByTimeAsync(120_000)
  expect([streams.length, polls(), last().closed]).toEqual([1, before, true])
})
