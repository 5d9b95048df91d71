import { seededRandom } from '@straylight/kit'
import type { Call, JsonObject } from '../call.ts'
import type { Route } from '../router.ts'
import type { World } from '../world.ts'
import { portsOf, requireHost, requireState, type Server, visibleServer } from './server.ts'
import { computeRoute, requireAdmin } from './answers.ts'

export const routes: Route[] = [computeRoute('GET', '/servers/:id/diagnostics', diagnostics)]

/** Counters of a running guest. They only grow while it runs; how fast is its own, and breathes over the day. */
export function countersOf(world: World, server: Server) {
  const started = server.boots.filter((boot) => boot.kind === 'boot').at(-1)?.atMs ?? server.launchedMs ?? world.nowMs
  const last = server.boots.at(-1)
  const until = last?.kind === 'shutdown' ? last.atMs : world.nowMs
  const seconds = Math.max(0, (until - started) / 1000)
  const draw = seededRandom(server.number)
  const busy = 0.03 + draw() * 0.4
  // The integral of a wave of one hour: never falling, never a straight line.
  const lived = seconds + (3600 / (2 * Math.PI)) * 0.6 * (1 - Math.cos((2 * Math.PI * seconds) / 3600))
  const traffic = 2_000 + draw() * 200_000
  return {
    uptimeSeconds: Math.floor(seconds),
    cpuNs: Array.from({ length: server.flavor.vcpus }, (_, i) => Math.floor((5 + lived * busy * (1 - i * 0.07)) * 1e9)),
    received: Math.floor(3_000 + lived * traffic),
    sent: Math.floor(2_500 + lived * traffic * 0.7),
    read: Math.floor(21_000_000 + lived * 9_000 * busy),
    written: Math.floor(lived * 30_000 * busy),
    memoryUsedMib: Math.round(server.flavor.ramMib * (0.25 + 0.5 * busy)),
  }
}

function diagnostics(call: Call) {
  requireAdmin(call, 'os-server-diagnostics')
  const { world, version } = call
  const server = visibleServer(call)
  requireHost(server)
  requireState(server, 'get_diagnostics', ['active', 'rescued', 'stopped', 'suspended', 'paused', 'resized'], 'any')
  return { status: 200, body: version >= 48 ? structured(world, server) : flat(world, server) }
}

const states: Record<number, string> = { 0: 'pending', 1: 'running', 3: 'paused', 4: 'shutdown', 7: 'suspended' }

function structured(world: World, server: Server): JsonObject {
  const counters = countersOf(world, server)
  const ports = portsOf(world, server)
  const disks = Math.max(1, server.disks.length)
  return {
    state: states[server.powerState] ?? 'pending',
    driver: 'libvirt',
    hypervisor: 'qemu',
    hypervisor_os: 'linux',
    uptime: counters.uptimeSeconds,
    config_drive: server.configDrive,
    num_cpus: server.flavor.vcpus,
    num_nics: ports.length,
    num_disks: disks,
    disk_details: Array.from({ length: disks }, () => ({
      read_bytes: counters.read,
      read_requests: Math.floor(counters.read / 32_000),
      write_bytes: counters.written,
      write_requests: Math.floor(counters.written / 16_000),
      errors_count: -1,
    })),
    cpu_details: counters.cpuNs.map((time, id) => ({ id, time, utilisation: null })),
    nic_details: ports.map((port) => ({
      mac_address: port.mac,
      rx_octets: counters.received,
      rx_errors: 0,
      rx_drop: 0,
      rx_packets: Math.floor(counters.received / 700),
      rx_rate: null,
      tx_octets: counters.sent,
      tx_errors: 0,
      tx_drop: 0,
      tx_packets: Math.floor(counters.sent / 700),
      tx_rate: null,
    })),
    memory_details: { maximum: server.flavor.ramMib, used: counters.memoryUsedMib },
  }
}

/** Before 2.48: whatever the hypervisor calls its counters. */
function flat(world: World, server: Server): JsonObject {
  const counters = countersOf(world, server)
  const rows: JsonObject = {}
  for (const [i, time] of counters.cpuNs.entries()) rows[`cpu${i}_time`] = time
  for (const device of server.disks.length > 0 ? server.disks.map((disk) => disk.device.replace('/dev/', '')) : ['vda']) {
    rows[`${device}_read_req`] = Math.floor(counters.read / 32_000)
    rows[`${device}_read`] = counters.read
    rows[`${device}_write_req`] = Math.floor(counters.written / 16_000)
    rows[`${device}_write`] = counters.written
    rows[`${device}_errors`] = -1
  }
  for (const port of portsOf(world, server)) {
    const tap = `tap${port.id.slice(0, 11)}`
    rows[`${tap}_rx`] = counters.received
    rows[`${tap}_rx_packets`] = Math.floor(counters.received / 700)
    rows[`${tap}_rx_errors`] = 0
    rows[`${tap}_rx_drop`] = 0
    rows[`${tap}_tx`] = counters.sent
    rows[`${tap}_tx_packets`] = Math.floor(counters.sent / 700)
    rows[`${tap}_tx_errors`] = 0
    rows[`${tap}_tx_drop`] = 0
  }
  const kib = server.flavor.ramMib * 1024
  return {
    ...rows,
    memory: kib,
    'memory-actual': kib,
    'memory-available': Math.round(kib * 0.93),
    'memory-unused': kib - counters.memoryUsedMib * 1024,
    'memory-rss': Math.round(counters.memoryUsedMib * 1024 * 1.1),
  }
}
