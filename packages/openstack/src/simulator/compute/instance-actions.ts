import type { Call, JsonObject } from '../call.ts'
import { nextQuery, page } from '../lists.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { databaseTime, parseTime } from '../times.ts'
import type { World } from '../world.ts'
import { hostIdOf, instanceMissing, type Server } from './server.ts'
import { bad, computeRoute, missing } from './answers.ts'

export interface InstanceAction extends Row {
  serverId: string
  action: string
  requestId: string
  userId: string
  projectId: string
  startMs: number
  updatedMs: number
  message: string | null
  events: { event: string; startMs: number; finishMs: number | null; result: string | null; hostName: string | null }[]
}

export const routes: Route[] = [
  computeRoute('GET', '/servers/:id/os-instance-actions', list),
  computeRoute('GET', '/servers/:id/os-instance-actions/:request', show),
]

const idOf = (serverId: string, requestId: string): string => `${serverId}/${requestId}`

/** Writes down that somebody did something to a server. */
export function recordAction(call: Call, server: Server, action: string, event?: string): void {
  const { world, who, requestId } = call
  const id = idOf(server.id, requestId)
  if (world.instanceActions.has(id)) return
  const events =
    event === undefined ? [] : [{ event, startMs: world.nowMs, finishMs: null, result: null, hostName: server.hostName }]
  world.instanceActions.insert({
    id,
    serverId: server.id,
    action,
    requestId,
    userId: who.userId,
    projectId: server.projectId,
    startMs: world.nowMs,
    updatedMs: world.nowMs,
    message: null,
    events,
  })
}

/** The work that an action started is over. */
export function finishAction(world: World, serverId: string, requestId: string, result: 'Success' | 'Error' = 'Success'): void {
  const action = world.instanceActions.get(idOf(serverId, requestId))
  if (!action) return
  const hostName = world.servers.get(serverId)?.hostName ?? null
  world.instanceActions.update(action.id, {
    updatedMs: world.nowMs,
    message: result === 'Error' ? 'Error' : null,
    events: action.events.map((each) =>
      each.finishMs === null ? { ...each, finishMs: world.nowMs, result, hostName: each.hostName ?? hostName } : each,
    ),
  })
}

/** From 2.21 on also those of servers that are gone. */
function serverOf(call: Call): Server {
  const id = call.params.id ?? ''
  const server = call.world.servers.get(id)
  if (!server || !(call.who.isAdmin || server.projectId === call.who.projectId) || (server.deleted && call.version < 21))
    throw instanceMissing(id)
  return server
}

const view = (call: Call, action: InstanceAction): JsonObject => ({
  action: action.action,
  instance_uuid: action.serverId,
  request_id: action.requestId,
  user_id: action.userId,
  project_id: action.projectId,
  start_time: databaseTime(action.startMs),
  message: action.message,
  ...(call.version >= 58 ? { updated_at: databaseTime(action.updatedMs) } : {}),
})

function list(call: Call) {
  const server = serverOf(call)
  const { query, version } = call
  const since = version >= 58 ? parseTime(query.get('changes-since') ?? '') : undefined
  const actions = call.world.instanceActions
    .where('serverId', server.id)
    .filter((action) => since === undefined || action.updatedMs >= since)
    .reverse()
  const byRequest = actions.map((action) => ({ id: action.requestId, action }))
  const limit = version >= 58 ? Number(query.get('limit') ?? 1000) : 1000
  const { rows, more } = page(byRequest, version >= 58 ? query.get('marker') : null, limit, (marker) =>
    bad(`marker [${marker}] not found`),
  )
  const last = rows.at(-1)
  return {
    status: 200,
    body: {
      instanceActions: rows.map(({ action }) => view(call, action)),
      ...(more && last ? { links: [{ rel: 'next', href: `${call.base}${call.path}?${nextQuery(query, last.id)}` }] } : {}),
    },
  }
}

function show(call: Call) {
  const server = serverOf(call)
  const requestId = call.params.request ?? ''
  const action = call.world.instanceActions.get(idOf(server.id, requestId))
  if (!action) throw missing(`Action ${requestId} not found`)
  const { version, who } = call
  const events = action.events.map((each) => ({
    event: each.event,
    start_time: databaseTime(each.startMs),
    finish_time: each.finishMs === null ? null : databaseTime(each.finishMs),
    result: each.result,
    ...(who.isAdmin ? { traceback: null } : {}),
    ...(version >= 62 && who.isAdmin ? { host: each.hostName } : {}),
    ...(version >= 62 ? { hostId: hostIdOf({ projectId: server.projectId, hostName: each.hostName }) } : {}),
    ...(version >= 84 ? { details: null } : {}),
  }))
  return { status: 200, body: { instanceAction: { ...view(call, action), ...(who.isAdmin || version >= 51 ? { events } : {}) } } }
}
