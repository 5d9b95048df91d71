import type { SimResponse } from '@straylight/kit/simulator'
import { asNumber, asObject, asText, type Call, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { route, type Route } from '../router.ts'
import type { Row } from '../table.ts'
import { consoleLog } from './console-log.ts'
import { requireHost, type Server, visibleServer } from './server.ts'
import { bad, computeRoute, conflicting, missing, requireAdmin } from './answers.ts'

/** Lets its bearer look at a server's screen. */
export interface ConsoleToken extends Row {
  serverId: string
  expiresMs: number
}

export const routes: Route[] = [
  computeRoute('POST', '/servers/:id/remote-consoles', remoteConsole),
  route('GET', '/v2.1/os-console-auth-tokens/:token', showToken),
]

const lifetimeMs = 600_000

/** Nova answers 404 for a server that is still being built, too. */
export function consoleOutput(call: Call, server: Server, args: JsonObject): SimResponse {
  requireHost(server)
  const log = consoleLog(call.world, server)
  const length = args.length === undefined || args.length === null ? undefined : asNumber(args.length)
  if (length === undefined || length === -1) return { status: 200, body: { output: log } }
  if (length < -1)
    throw bad(`Invalid input for field/attribute length. Value: ${length}. ${length} is less than the minimum of -1`)
  const lines = log.replace(/\n$/, '').split('\n')
  return { status: 200, body: { output: length === 0 ? '' : `${lines.slice(-length).join('\n')}\n` } }
}

function open(call: Call, server: Server): string {
  const { world } = call
  requireHost(server)
  if (server.vmState === 'building') throw conflicting(`Instance not yet ready`)
  for (const old of world.consoleTokens.all()) if (old.expiresMs <= world.nowMs) world.consoleTokens.remove(old.id)
  const token = world.consoleTokens.insert({ id: uuid(), serverId: server.id, expiresMs: world.nowMs + lifetimeMs })
  return `${world.url}/console/vnc_auto.html?path=%3Ftoken%3D${token.id}`
}

function remoteConsole(call: Call) {
  if (call.version < 6) throw missing('The resource could not be found.')
  const server = visibleServer(call)
  const wanted = asObject(call.body.remote_console)
  const type = asText(wanted.type) ?? ''
  requireHost(server)
  if (type !== 'novnc') throw bad(`Unavailable console type ${type}.`)
  return { status: 200, body: { remote_console: { protocol: asText(wanted.protocol) ?? 'vnc', type, url: open(call, server) } } }
}

/** The action of before 2.6. */
export function oldConsole(call: Call, server: Server, args: JsonObject): SimResponse {
  if (call.version >= 6) throw missing('The resource could not be found.')
  const type = asText(args.type) ?? ''
  requireHost(server)
  if (type !== 'novnc') throw bad(`Unavailable console type ${type}.`)
  return { status: 200, body: { console: { type, url: open(call, server) } } }
}

function showToken(call: Call) {
  requireAdmin(call, 'os-console-auth-tokens')
  const token = call.world.consoleTokens.get(call.params.token ?? '')
  if (!token || token.expiresMs <= call.world.nowMs) throw missing('Token not found')
  return {
    status: 200,
    body: { console: { instance_uuid: token.serverId, host: '127.0.0.1', port: 5900, internal_access_path: null } },
  }
}
