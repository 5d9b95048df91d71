import { AdjustableClock } from '@straylight/kit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createOpenstack, type ScopedCloud } from '../src/index.ts'
import { type OpenstackSimulator, startOpenstackSimulator } from '../src/simulator/index.ts'

/** The simulator broken from outside, over HTTP, as seen through the client. */
const clock = new AdjustableClock('still', new Date('2026-11-22T12:00:00Z'))
let sim: OpenstackSimulator
let cloud: ScopedCloud

beforeEach(async () => {
  sim = await startOpenstackSimulator({ clock, pace: 'manual' })
  const { authUrl, credentials } = sim
  cloud = createOpenstack({ authUrl, credentials, clock }).as({ projectName: sim.adminProject, domain: 'Default' })
  // what the client asks once is asked before anything breaks
  await Promise.all([cloud.compute.servers.list().all(), cloud.volumes.list().all()])
})
afterEach(() => sim.close())

async function control(method: string, path: string, body?: unknown): Promise<Response> {
  return await fetch(`${sim.url}/_sim/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
}
async function arm(fault: Record<string, unknown>): Promise<void> {
  expect((await control('POST', 'faults', fault)).status).toBe(201)
}
const newVolume = () => cloud.volumes.create({ name: 'data', sizeGib: 1 })
const volumes = { service: 'volume', method: 'POST', path: '/volumes$' }

describe('an armed fault', () => {
  test('status: an answer of any status and body, in the shape of the service when no body is given', async () => {
    await arm({ match: volumes, effect: 'status', status: 503 })
    await expect(newVolume()).rejects.toMatchObject({ status: 503, kind: 'unavailable', effect: 'unknown' })
    await control('DELETE', 'faults')
    await arm({
      match: volumes,
      effect: 'status',
      status: 413,
      body: { overLimit: { code: 413, message: 'VolumeLimitExceeded' } },
    })
    await expect(newVolume()).rejects.toMatchObject({ status: 413, code: 'cinder.quota_exceeded', effect: 'none' })
    expect(sim.volumes()).toEqual([])
  })

  test('delay: nothing happens until the time has passed on the clock', async () => {
    await arm({ match: volumes, effect: 'delay', delay_ms: 5000 })
    let isMade = false
    const made = newVolume().then(() => {
      isMade = true
    })
    await expect.poll(async () => (await control('GET', 'faults')).json()).toMatchObject([{ hits: 1 }])
    clock.advance(4900)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([isMade, sim.volumes().length]).toEqual([false, 0])
    clock.advance(200)
    await made
    expect(sim.volumes()).toHaveLength(1)
  })

  test('drop-before: no answer, and nothing happened', async () => {
    await arm({ match: volumes, effect: 'drop-before' })
    await expect(newVolume()).rejects.toMatchObject({ kind: 'unreachable', effect: 'unknown' })
    expect(sim.volumes()).toEqual([])
  })

  test('drop-after: no answer, and it happened all the same', async () => {
    await arm({ match: volumes, effect: 'drop-after' })
    await expect(newVolume()).rejects.toMatchObject({ kind: 'unreachable', effect: 'unknown' })
    expect(sim.volumes()).toMatchObject([{ name: 'data' }])
  })

  test('silent-ok: an answer as if it had happened', async () => {
    await arm({ match: volumes, effect: 'silent-ok' })
    expect(await newVolume()).toMatchObject({ name: 'data', status: 'creating' })
    expect(sim.volumes()).toEqual([])
  })

  test('wsrep: Galera, told apart from other failures', async () => {
    await arm({ match: { service: 'compute' }, effect: 'wsrep' })
    await expect(cloud.compute.servers.list().all()).rejects.toMatchObject({
      code: 'nova.galera_not_ready',
      kind: 'unavailable',
      retryable: true,
    })
  })

  test("html: the front end's own page; the call reached nobody", async () => {
    await arm({ match: volumes, effect: 'html' })
    await expect(newVolume()).rejects.toMatchObject({ status: 503, kind: 'unavailable', effect: 'none' })
    expect(sim.volumes()).toEqual([])
  })

  test('slow-body: the true answer, byte by byte', async () => {
    const { id } = await newVolume()
    await arm({ match: { service: 'volume' }, effect: 'slow-body', delay_ms: 1 })
    const started = performance.now()
    expect(await cloud.volumes.get(id)).toMatchObject({ id, name: 'data' })
    expect(performance.now() - started).toBeGreaterThan(500)
  })

  test('times: so often, and then no more', async () => {
    await arm({ match: volumes, effect: 'status', times: 2 })
    await expect(newVolume()).rejects.toThrow()
    await expect(newVolume()).rejects.toThrow()
    expect(await newVolume()).toMatchObject({ status: 'creating' })
  })

  test('probability: now and then, and with the same seed at the same calls', async () => {
    const runs: string[] = []
    for (const seed of [7, 7, 8]) {
      await control('DELETE', 'faults')
      await arm({ match: { service: 'volume', method: 'GET' }, effect: 'status', probability: 0.5, seed })
      let run = ''
      for (let call = 0; call < 16; call++)
        run += await cloud.volumes
          .list()
          .all()
          .then(
            () => '+',
            () => '-',
          )
      runs.push(run)
    }
    expect(runs[0]).toMatch(/\+.*-|-.*\+/)
    expect(runs[1]).toBe(runs[0])
    expect(runs[2]).not.toBe(runs[0])
  })

  test('that makes no sense is refused in words', async () => {
    for (const fault of [{ match: {}, effect: 'flood' }, { match: { path: '(' }, effect: 'status' }, 'nonsense']) {
      const answer = await control('POST', 'faults', fault)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: expect.any(String) })
    }
    expect(await (await control('GET', 'faults')).json()).toEqual([])
  })
})

test('the state tells everything that there is, but no secrets', async () => {
  await newVolume()
  const text = await (await control('GET', 'state')).text()
  expect(JSON.parse(text)).toMatchObject({
    volume: [{ name: 'data' }],
    user: expect.arrayContaining([expect.objectContaining({ name: 'portal' })]),
  })
  expect(text).not.toMatch(/digest/i)
})

test('the journal tells every call, in order, and which fault hit it', async () => {
  await control('DELETE', 'journal')
  await arm({ match: volumes, effect: 'status', status: 500, times: 1 })
  await newVolume().catch(() => undefined)
  await newVolume()
  const journal = (await (await control('GET', 'journal')).json()) as Record<string, unknown>[]
  expect(journal).toMatchObject([
    { method: 'POST', service: 'volume', status: 500, fault: 'status' },
    { method: 'POST', service: 'volume', status: 202 },
  ])
})

test('a reset brings back the fresh cloud, with no fault and no journal', async () => {
  await newVolume()
  await arm({ match: {}, effect: 'html' })
  expect((await control('POST', 'reset')).status).toBe(204)
  expect(sim.volumes()).toEqual([])
  expect(await (await control('GET', 'faults')).json()).toEqual([])
  expect(await (await control('GET', 'journal')).json()).toEqual([])
  expect(await cloud.images.find({ name: 'tiny-linux' })).toBeDefined()
})

test('people break it by hand on a page', async () => {
  const answer = await fetch(`${sim.url}/`, { headers: { accept: 'text/html' } })
  expect(answer.headers.get('content-type')).toContain('text/html')
  const page = await answer.text()
  for (const name of ['service', 'method', 'path', 'func', 'effect', 'times']) expect(page).toContain(`name="${name}"`)
  for (const effect of ['status', 'delay', 'drop-before', 'drop-after', 'silent-ok', 'wsrep', 'html', 'slow-body'])
    expect(page).toContain(`<option>${effect}</option>`)
})
