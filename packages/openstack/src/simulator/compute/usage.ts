import type { Call, JsonObject } from '../call.ts'
import { nextQuery } from '../lists.ts'
import type { Route } from '../router.ts'
import { databaseTime, microseconds, parseTime } from '../times.ts'
import type { World } from '../world.ts'
import type { Server } from './server.ts'
import { bad, computeRoute, policy, requireAdmin } from './answers.ts'

export const routes: Route[] = [
  computeRoute('GET', '/os-simple-tenant-usage', listUsage),
  computeRoute('GET', '/os-simple-tenant-usage/:project', showUsage),
]

interface Period {
  startMs: number
  endMs: number
}

const day = 86_400_000

function periodOf(call: Call): Period {
  const { query, world } = call
  const read = (name: string, fallback: number): number => {
    const text = query.get(name)
    if (text === null) return fallback
    const ms = parseTime(text)
    if (ms === undefined) throw bad(`Datetime is in invalid format`)
    return ms
  }
  // Nobody is told about time that has not been.
  const endMs = Math.min(read('end', world.nowMs), world.nowMs)
  const startMs = read('start', endMs - 28 * day)
  if (startMs > endMs) throw bad(`Invalid start time. The start time cannot occur after the end time.`)
  return { startMs, endMs }
}

/** What ran how long in the period, from its launch to its end. */
function serverUsages(world: World, projectId: string, { startMs, endMs }: Period) {
  return world.servers.where('projectId', projectId).flatMap((server) => {
    if (server.launchedMs === null || server.launchedMs > endMs) return []
    if (server.terminatedMs !== null && server.terminatedMs < startMs) return []
    const from = Math.max(server.launchedMs, startMs)
    const to = Math.min(server.terminatedMs ?? endMs, endMs)
    return [
      {
        server,
        hours: Math.max(0, to - from) / 3_600_000,
        uptime: Math.floor(((server.terminatedMs ?? world.nowMs) - server.launchedMs) / 1000),
      },
    ]
  })
}

const usageView = ({ server, hours, uptime }: { server: Server; hours: number; uptime: number }): JsonObject => ({
  hours,
  flavor: server.flavor.name,
  instance_id: server.id,
  name: server.name,
  tenant_id: server.projectId,
  memory_mb: server.flavor.ramMib,
  local_gb: server.flavor.diskGib + server.flavor.ephemeralGib,
  vcpus: server.flavor.vcpus,
  started_at: databaseTime(server.launchedMs ?? 0),
  ended_at: server.terminatedMs === null ? null : databaseTime(server.terminatedMs),
  state: server.deleted ? 'terminated' : server.vmState,
  uptime,
})

function usageOf(world: World, projectId: string, period: Period, detailed: boolean): JsonObject {
  const usages = serverUsages(world, projectId, period)
  const sum = (read: (server: Server) => number) => usages.reduce((total, { server, hours }) => total + hours * read(server), 0)
  return {
    tenant_id: projectId,
    ...(detailed ? { server_usages: usages.map(usageView) } : {}),
    total_local_gb_usage: sum(({ flavor }) => flavor.diskGib + flavor.ephemeralGib),
    total_vcpus_usage: sum(({ flavor }) => flavor.vcpus),
    total_memory_mb_usage: sum(({ flavor }) => flavor.ramMib),
    total_hours: sum(() => 1),
    start: microseconds(period.startMs),
    stop: microseconds(period.endMs),
  }
}

function showUsage(call: Call) {
  const projectId = call.params.project ?? ''
  if (!call.who.isAdmin && projectId !== call.who.projectId) throw policy('os-simple-tenant-usage:show')
  const period = periodOf(call)
  const any = serverUsages(call.world, projectId, period).length > 0
  return { status: 200, body: { tenant_usage: any ? usageOf(call.world, projectId, period, true) : {} } }
}

function listUsage(call: Call) {
  requireAdmin(call, 'os-simple-tenant-usage:list')
  const { world, query, version } = call
  const period = periodOf(call)
  const projects = [...new Set(world.servers.all().map((server) => server.projectId))].sort()
  const detailed = query.get('detailed') === '1'
  const used = projects.filter((id) => serverUsages(world, id, period).length > 0)
  if (version < 40 || !query.has('limit'))
    return { status: 200, body: { tenant_usages: used.map((id) => usageOf(world, id, period, detailed)) } }
  // From 2.40 on a page counts servers; the simulator counts projects.
  const limit = Number(query.get('limit'))
  const marker = query.get('marker')
  const start = marker === null ? 0 : used.indexOf(world.servers.get(marker)?.projectId ?? '') + 1
  const page = used.slice(start, start + limit)
  const last = world.servers.where('projectId', page.at(-1) ?? '').at(-1)
  return {
    status: 200,
    body: {
      tenant_usages: page.map((id) => usageOf(world, id, period, detailed)),
      ...(start + limit < used.length && last
        ? { tenant_usages_links: [{ rel: 'next', href: `${call.base}${call.path}?${nextQuery(query, last.id)}` }] }
        : {}),
    },
  }
}
