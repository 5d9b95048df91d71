import { list, structure, text, whole, yesNo } from '../decode.ts'
import type { AnalyticsApi, Uve } from './api.ts'

/** Bytes and packets in both directions, as the guest sees them. */
export interface Counters {
  sentBytes: number
  sentPackets: number
  receivedBytes: number
  receivedPackets: number
}

/** The counters of one interface since it was plugged into its vRouter. */
export interface InterfaceReading {
  interfaceId: string
  /** `domain:project:port`: whose it is, is found by the interface's id in the config API, not by this name. */
  name: string
  machineId: string | undefined
  /** Host whose vRouter counts; unknown when the machine's own UVE does not say. */
  vrouter: string | undefined
  /** All traffic, internal and external. */
  total: Counters
  /** Traffic through each floating IP. */
  floating: { address: string; network: string; counters: Counters }[]
}

const counters = structure({ in_bytes: whole, in_pkts: whole, out_bytes: whole, out_pkts: whole })
const statistics = structure({
  deleted: yesNo,
  vm_uuid: text,
  raw_if_stats: counters,
  fip_agg_stats: list(
    structure({ virtual_network: text, ip_address: text, in_bytes: whole, in_pkts: whole, out_bytes: whole, out_pkts: whole }),
  ),
})
/** Releases 2.20 to 3.x count here. */
const identity = structure({ deleted: yesNo, uuid: text, vm_uuid: text, if_stats: counters })
const machine = structure({ vrouter: text })

/**
 * Reads the cumulative counters of every plugged interface. They are 30 s old at most, and vanish with the interface.
 * `in` is what comes into the vRouter from the guest, so what the guest sent.
 * https://github.com/tungstenfabric/tf-controller/blob/6a67439/src/vnsw/agent/uve/interface.sandesh
 */
export async function readTraffic(analytics: AnalyticsApi): Promise<InterfaceReading[]> {
  const [interfaces, machines] = await Promise.all([
    analytics.uves('virtual-machine-interface', {
      structs: [
        'VMIStats:raw_if_stats',
        'VMIStats:fip_agg_stats',
        'VMIStats:vm_uuid',
        'VMIStats:deleted',
        'UveVMInterfaceAgent:uuid',
        'UveVMInterfaceAgent:vm_uuid',
        'UveVMInterfaceAgent:if_stats',
        'UveVMInterfaceAgent:deleted',
      ],
    }),
    analytics.uves('virtual-machine', { structs: ['UveVirtualMachineAgent:vrouter'] }),
  ])
  const hosts = new Map<string, string>()
  for (const { name, value } of machines) {
    const host = machine(value.UveVirtualMachineAgent ?? {}, `virtual-machine uve ${name}`).vrouter
    if (host) hosts.set(name, host)
  }
  const readings: InterfaceReading[] = []
  for (const { name, value } of interfaces) {
    const reading = decodeReading(name, value)
    if (reading)
      readings.push({ ...reading, vrouter: reading.machineId === undefined ? undefined : hosts.get(reading.machineId) })
  }
  return readings
}

/** The counters in one interface's UVE; nothing when it is deleted, has no counters yet, or does not say which interface it is. */
export function decodeReading(name: string, uve: Uve): InterfaceReading | undefined {
  const at = `virtual-machine-interface uve ${name}`
  const counted = statistics(uve.VMIStats ?? {}, at)
  const about = identity(uve.UveVMInterfaceAgent ?? {}, at)
  const total = counted.raw_if_stats ?? about.if_stats
  if (counted.deleted || about.deleted || !total || !about.uuid) return undefined
  return {
    interfaceId: about.uuid,
    name,
    machineId: about.vm_uuid ?? counted.vm_uuid ?? undefined,
    vrouter: undefined,
    total: asGuest(total),
    floating: (counted.fip_agg_stats ?? []).flatMap((row) =>
      row.ip_address ? [{ address: row.ip_address, network: row.virtual_network ?? '', counters: asGuest(row) }] : [],
    ),
  }
}

const asGuest = (row: {
  in_bytes?: number | null
  in_pkts?: number | null
  out_bytes?: number | null
  out_pkts?: number | null
}): Counters => ({
  sentBytes: row.in_bytes ?? 0,
  sentPackets: row.in_pkts ?? 0,
  receivedBytes: row.out_bytes ?? 0,
  receivedPackets: row.out_pkts ?? 0,
})

/** What a meter remembers between readings; plain JSON, to be kept with the figures that came out of it. */
export interface TrafficState {
  interfaces: Record<
    string,
    { vrouter: string | undefined; seenAtMs: number; total: Counters; floating: Record<string, Counters> }
  >
}

export interface TrafficUsage {
  interfaceId: string
  name: string
  total: Counters
  floating: { address: string; network: string; counters: Counters }[]
}

const forgetAfterMs = 7 * 24 * 3600 * 1000

/**
 * What has passed since the last reading, interface by interface, and the state for the next one. Interfaces without new traffic are left out.
 *
 * Counters start again at 0 when a machine moves to another host, when its interface is plugged again and when the host restarts: a counter that is smaller than before,
 * or one of another host, is new as a whole. What passed between the last reading and such a restart is lost; a reading each minute loses a minute at most.
 *
 * The first reading ever (`before` absent) is only remembered: how much of it was counted by whom is unknown. An interface that vanishes from a reading is remembered
 * for a week, so that a gap in the reports does not charge its whole past once more.
 *
 * @param nowMs milliseconds since the epoch
 */
export function meterTraffic(
  before: TrafficState | undefined,
  readings: readonly InterfaceReading[],
  nowMs: number,
): { usage: TrafficUsage[]; state: TrafficState } {
  const interfaces: TrafficState['interfaces'] = {}
  for (const [id, known] of Object.entries(before?.interfaces ?? {}))
    if (nowMs - known.seenAtMs < forgetAfterMs) interfaces[id] = known
  const usage: TrafficUsage[] = []
  for (const reading of readings) {
    const known = interfaces[reading.interfaceId]
    const restarted =
      known !== undefined && known.vrouter !== undefined && reading.vrouter !== undefined && known.vrouter !== reading.vrouter
    const floating = reading.floating.map((one) => ({
      ...one,
      counters: since(restarted ? undefined : known?.floating[one.address], one.counters),
    }))
    const total = since(restarted ? undefined : known?.total, reading.total)
    interfaces[reading.interfaceId] = {
      vrouter: reading.vrouter ?? known?.vrouter,
      seenAtMs: nowMs,
      total: reading.total,
      // A floating IP that was taken away and comes back starts at 0, so what is gone is forgotten.
      floating: Object.fromEntries(reading.floating.map((one) => [one.address, one.counters])),
    }
    const moved = floating.filter(({ counters }) => !isNothing(counters))
    if (before && (!isNothing(total) || moved.length > 0))
      usage.push({ interfaceId: reading.interfaceId, name: reading.name, total, floating: moved })
  }
  return { usage, state: { interfaces } }
}

const names = ['sentBytes', 'sentPackets', 'receivedBytes', 'receivedPackets'] as const

function since(before: Counters | undefined, now: Counters): Counters {
  if (!before || names.some((name) => now[name] < before[name])) return now
  return {
    sentBytes: now.sentBytes - before.sentBytes,
    sentPackets: now.sentPackets - before.sentPackets,
    receivedBytes: now.receivedBytes - before.receivedBytes,
    receivedPackets: now.receivedPackets - before.receivedPackets,
  }
}

const isNothing = (counters: Counters): boolean => names.every((name) => counters[name] === 0)
