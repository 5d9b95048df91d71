import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Counters, decodeReading, type InterfaceReading, meterTraffic, type TrafficState } from '../src/index.ts'

const counters = (bytes: number): Counters => ({
  sentBytes: bytes,
  sentPackets: bytes,
  receivedBytes: bytes * 2,
  receivedPackets: bytes * 2,
})
const reading = (bytes: number, more: Partial<InterfaceReading> = {}): InterfaceReading => ({
  interfaceId: 'port-1',
  name: 'default-domain:customer:port-1',
  machineId: 'vm-1',
  vrouter: 'compute-1',
  total: counters(bytes),
  floating: [],
  ...more,
})

/** Readings one minute apart; what each of them charges. */
function charge(steps: readonly (readonly InterfaceReading[])[]): number[] {
  let state: TrafficState | undefined
  return steps.map((readings, minute) => {
    const metered = meterTraffic(state, readings, minute * 60_000)
    // What is remembered survives being stored as JSON.
    state = JSON.parse(JSON.stringify(metered.state)) as TrafficState
    return metered.usage.reduce((sum, { total }) => sum + total.sentBytes, 0)
  })
}

describe('traffic between readings', () => {
  test('is the difference of cumulative counters', () => {
    expect(charge([[reading(100)], [reading(150)], [reading(150)], [reading(400)]])).toEqual([0, 50, 0, 250])
  })

  test('of the very first reading belongs to nobody', () => {
    expect(charge([[reading(1_000_000)]])).toEqual([0])
  })

  test('of an interface that is new to us is all that it has counted', () => {
    expect(charge([[], [reading(70)]])).toEqual([0, 70])
  })

  test('survives counters that begin again', () => {
    expect(charge([[reading(100)], [reading(30)], [reading(80)]])).toEqual([0, 30, 50])
  })

  test('survives a move to another host that counts from 0, even past the old number', () => {
    expect(charge([[reading(100)], [reading(500, { vrouter: 'compute-2' })]])).toEqual([0, 500])
  })

  test('is a difference again when the host was unknown for a while', () => {
    expect(charge([[reading(100)], [reading(130, { vrouter: undefined })], [reading(160)]])).toEqual([0, 30, 30])
  })

  test('is not charged twice after a gap in the reports', () => {
    expect(charge([[reading(100)], [], [], [reading(120)]])).toEqual([0, 0, 0, 20])
  })

  test('is forgotten with an interface that has been away for a week', () => {
    const first = meterTraffic(undefined, [reading(100)], 0)
    const { state } = meterTraffic(first.state, [], 8 * 24 * 3_600_000)
    expect(state.interfaces).toEqual({})
  })

  test('of a floating IP counts on its own', () => {
    const through = (bytes: number) => [{ address: '203.0.113.3', network: 'a:b:public', counters: counters(bytes) }]
    const first = meterTraffic(undefined, [reading(100, { floating: through(40) })], 0)
    const second = meterTraffic(first.state, [reading(160, { floating: through(90) })], 60_000)
    expect(second.usage).toMatchObject([
      { total: { sentBytes: 60 }, floating: [{ address: '203.0.113.3', counters: { sentBytes: 50 } }] },
    ])
    // Taken away and given back, it counts from 0.
    const third = meterTraffic(second.state, [reading(160)], 120_000)
    const fourth = meterTraffic(third.state, [reading(200, { floating: through(30) })], 180_000)
    expect(fourth.usage).toMatchObject([{ floating: [{ counters: { sentBytes: 30 } }] }])
  })

  test('adds up to everything that passed when a reading comes before each restart, and never to more', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('carry' as const), bytes: fc.nat({ max: 1_000_000 }) }) },
      { weight: 3, arbitrary: fc.constant({ kind: 'read' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'miss' as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), seen: fc.boolean() }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let [counted, carried, unseen, lost, host, nowMs] = [0, 0, 0, 0, 0, 0]
        let charged = 0
        let state: TrafficState | undefined
        const read = (readings: InterfaceReading[]) => {
          nowMs += 60_000
          const metered = meterTraffic(state, readings, nowMs)
          state = metered.state
          charged += metered.usage.reduce((sum, { total }) => sum + total.sentBytes, 0)
        }
        const see = () => {
          read([reading(counted, { vrouter: `compute-${host}` })])
          unseen = 0
        }
        read([])
        for (const one of steps) {
          if (one.kind === 'carry') {
            counted += one.bytes
            carried += one.bytes
            unseen += one.bytes
          }
          if (one.kind === 'read') see()
          if (one.kind === 'miss') read([])
          if (one.kind === 'move') {
            if (one.seen) see()
            lost += unseen
            unseen = 0
            counted = 0
            host++
          }
        }
        see()
        expect(charged).toBe(carried - lost)
      }),
      { numRuns: 500 },
    )
  })

  test('is never negative and never more than was counted, whatever the counters do', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10_000 }), { maxLength: 40 }), (counts) => {
        const charges = charge([[], ...counts.map((count) => [reading(count)])])
        for (const [index, charged] of charges.slice(1).entries()) {
          expect(charged).toBeGreaterThanOrEqual(0)
          expect(charged).toBeLessThanOrEqual(counts[index] ?? 0)
        }
      }),
    )
  })
})

describe('a reading', () => {
  const uve = (more: object = {}) => ({
    UveVMInterfaceAgent: { uuid: 'port-1', vm_uuid: 'vm-1' },
    VMIStats: { raw_if_stats: { in_bytes: 10, in_pkts: 1, out_bytes: 20, out_pkts: 2 }, ...more },
  })

  test('turns the words of the vRouter into those of the guest', () => {
    expect(decodeReading('a:b:c', uve())).toMatchObject({
      interfaceId: 'port-1',
      machineId: 'vm-1',
      total: { sentBytes: 10, sentPackets: 1, receivedBytes: 20, receivedPackets: 2 },
    })
  })

  test('is there in old releases too, which count elsewhere', () => {
    const old = { UveVMInterfaceAgent: { uuid: 'port-1', if_stats: { in_bytes: 5, in_pkts: 1, out_bytes: 6, out_pkts: 1 } } }
    expect(decodeReading('a:b:c', old)?.total.sentBytes).toBe(5)
  })

  test('is not there for an interface that is deleted, unknown, or has not counted yet', () => {
    expect(decodeReading('a:b:c', uve({ deleted: true }))).toBeUndefined()
    expect(decodeReading('a:b:c', { VMIStats: uve().VMIStats })).toBeUndefined()
    expect(decodeReading('a:b:c', { UveVMInterfaceAgent: { uuid: 'port-1' } })).toBeUndefined()
  })
})
