import { asObject, asText, type Call, type JsonObject } from '../call.ts'
import type { SimResponse } from '@straylight/kit/simulator'
import { contextOf } from '../notifications/envelope.ts'
import { instanceEvent } from '../notifications/compute.ts'
import type { Route } from '../router.ts'
import type { Jobs, World } from '../world.ts'
import { plugIn, startServerDelete } from './boot.ts'
import { consoleOutput, oldConsole } from './consoles.ts'
import { finishAction, recordAction } from './instance-actions.ts'
import { createBackup, createImage } from './images.ts'
import { migrations } from './migrations.ts'
import { rebuilds } from './rebuilds.ts'
import { actableServer, requireHost, requireState, type Server, touchServer, visibleServer } from './server.ts'
import { bad, computeRoute, conflicting, invalidField, missing, requireAdmin } from './answers.ts'
import type { Duration } from '../durations.ts'

export const routes: Route[] = [computeRoute('POST', '/servers/:id/action', act)]

export const jobs: Jobs = {
  'server.changed': (world, { serverId, change, requestId }) =>
    finishChange(world, String(serverId), String(change) as ChangeName, String(requestId)),
}

export type Action = (call: Call, server: Server, args: JsonObject, value: unknown) => SimResponse

/** A change that takes a while: from some states, with a task meanwhile, into another state. */
interface Change {
  /** As the refusal and the list of actions name it. */
  action: string
  from: string[]
  needsHost?: boolean
  task: string
  duration: Duration
  to: Partial<Server>
  /** As notifications name it. */
  event: string
  boots?: 'boot' | 'shutdown'
}

const changes = {
  start: {
    action: 'start',
    from: ['stopped'],
    needsHost: true,
    task: 'powering-on',
    duration: 'server.start',
    to: { vmState: 'active', powerState: 1 },
    event: 'power_on',
    boots: 'boot',
  },
  stop: {
    action: 'stop',
    from: ['active', 'error'],
    needsHost: true,
    task: 'powering-off',
    duration: 'server.stop',
    to: { vmState: 'stopped', powerState: 4 },
    event: 'power_off',
    boots: 'shutdown',
  },
  softReboot: {
    action: 'reboot',
    from: ['active'],
    task: 'rebooting',
    duration: 'server.reboot',
    to: { vmState: 'active', powerState: 1 },
    event: 'reboot',
    boots: 'boot',
  },
  hardReboot: {
    action: 'reboot',
    from: ['active', 'stopped', 'paused', 'suspended', 'error'],
    task: 'rebooting_hard',
    duration: 'server.reboot',
    to: { vmState: 'active', powerState: 1 },
    event: 'reboot',
    boots: 'boot',
  },
  pause: {
    action: 'pause',
    from: ['active'],
    task: 'pausing',
    duration: 'server.pause',
    to: { vmState: 'paused', powerState: 3 },
    event: 'pause',
  },
  unpause: {
    action: 'unpause',
    from: ['paused'],
    task: 'unpausing',
    duration: 'server.pause',
    to: { vmState: 'active', powerState: 1 },
    event: 'unpause',
  },
  suspend: {
    action: 'suspend',
    from: ['active'],
    task: 'suspending',
    duration: 'server.suspend',
    to: { vmState: 'suspended', powerState: 4 },
    event: 'suspend',
  },
  resume: {
    action: 'resume',
    from: ['suspended'],
    task: 'resuming',
    duration: 'server.suspend',
    to: { vmState: 'active', powerState: 1 },
    event: 'resume',
  },
} as const satisfies Record<string, Change>
type ChangeName = keyof typeof changes

const change =
  (name: ChangeName): Action =>
  (call, server) => {
    const { world } = call
    const rule: Change = changes[name]
    if (rule.needsHost) requireHost(server)
    requireState(server, rule.action, rule.from, name === 'hardReboot' ? 'any' : 'none')
    const changing = touchServer(world, server.id, { taskState: rule.task })
    recordAction(call, server, rule.action, `compute_${rule.action}_instance`)
    instanceEvent(world, changing, { legacy: `${rule.event}.start`, context: contextOf(call.who, call.requestId) })
    world.later(world.duration(rule.duration), server.id, 'server.changed', {
      serverId: server.id,
      change: name,
      requestId: call.requestId,
    })
    return { status: 202 }
  }

function finishChange(world: World, id: string, name: ChangeName, requestId: string): void {
  const server = world.servers.get(id)
  const rule: Change = changes[name]
  if (!server || server.taskState !== rule.task) return
  if (world.backgroundFault('compute', `${rule.action}-server`)) {
    touchServer(world, id, { taskState: null })
    finishAction(world, id, requestId, 'Error')
    return
  }
  const after = touchServer(world, id, {
    ...rule.to,
    taskState: null,
    fault: null,
    boots: rule.boots === undefined ? server.boots : [...server.boots.slice(-9), { atMs: world.nowMs, kind: rule.boots }],
  })
  if (rule.to.powerState === 1) plugIn(world, after)
  finishAction(world, id, requestId)
  instanceEvent(world, after, { legacy: `${rule.event}.end` })
}

const actions: Record<string, Action> = {
  'os-start': change('start'),
  'os-stop': change('stop'),
  reboot: (call, server, args, value) => {
    const type = String(args.type)
    if (!['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft'].includes(type))
      throw invalidField('type', args.type, `'${type}' is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']`)
    return change(type.toLowerCase() === 'hard' ? 'hardReboot' : 'softReboot')(call, server, args, value)
  },
  pause: change('pause'),
  unpause: change('unpause'),
  suspend: change('suspend'),
  resume: change('resume'),
  lock: (call, server, args) => {
    const reason = call.version >= 73 ? (asText(args.locked_reason) ?? null) : null
    call.world.servers.update(server.id, { locked: true, lockedByAdmin: call.who.isAdmin, lockedReason: reason })
    recordAction(call, server, 'lock')
    return { status: 202 }
  },
  unlock: (call, server) => {
    // What an administrator locked, only an administrator unlocks.
    if (server.lockedByAdmin && server.locked && !call.who.isAdmin) requireAdmin(call, 'os-lock-server:unlock:unlock_override')
    call.world.servers.update(server.id, { locked: false, lockedByAdmin: false, lockedReason: null })
    recordAction(call, server, 'unlock')
    return { status: 202 }
  },
  createImage,
  createBackup,
  ...migrations,
  ...rebuilds,
  changePassword: (_call, server) => {
    requireState(server, 'changePassword', ['active'])
    throw conflicting('QEMU guest agent is not enabled')
  },
  'os-getConsoleOutput': consoleOutput,
  'os-getVNCConsole': (call, server, args) => oldConsole(call, server, args),
  'os-resetState': (call, server, args) => {
    requireAdmin(call, 'os-admin-actions:reset_state')
    const state = asText(args.state)
    if (state !== 'active' && state !== 'error')
      throw invalidField('state', args.state, `'${String(args.state)}' is not one of ['active', 'error']`)
    touchServer(call.world, server.id, { vmState: state, taskState: null })
    return { status: 202 }
  },
  forceDelete: (call, server) => {
    recordAction(call, server, 'delete', 'compute_terminate_instance')
    startServerDelete(call.world, server)
    return { status: 202 }
  },
  restore: (_call, server) => {
    throw conflicting(`Cannot 'restore' instance ${server.id} while it is in vm_state ${server.vmState}`)
  },
  addSecurityGroup: (call, server, args) => changeGroups(call, server, args, true),
  removeSecurityGroup: (call, server, args) => changeGroups(call, server, args, false),
  addFloatingIp: (_call, server) => {
    if (server.vmState === 'error' && server.hostName === null) throw bad('Instance network is not ready yet')
    throw missing('floating IP not found')
  },
}

/** These are answered for a locked server, too. */
const despiteLock = new Set([
  'lock',
  'unlock',
  'os-getConsoleOutput',
  'os-getVNCConsole',
  'os-resetState',
  'addSecurityGroup',
  'removeSecurityGroup',
  'createImage',
  'createBackup',
])

function act(call: Call): SimResponse {
  const [name, ...rest] = Object.keys(call.body)
  if (name === undefined || rest.length > 0) throw bad('Malformed request body')
  const action = actions[name]
  if (!action) throw bad(`There is no such action: ${name}`)
  const value = call.body[name]
  const server = despiteLock.has(name) ? visibleServer(call) : actableServer(call)
  return action(call, server, asObject(value), value)
}

/** Puts a group on all cards of the server, or takes it off. */
function changeGroups(call: Call, server: Server, args: JsonObject, add: boolean): SimResponse {
  const { world } = call
  requireState(server, add ? 'addSecurityGroup' : 'removeSecurityGroup', ['active', 'stopped', 'paused', 'suspended'], 'any')
  const name = asText(args.name) ?? ''
  const group = world.securityGroups.where('projectId', server.projectId).find((each) => each.name === name || each.id === name)
  if (!group) throw missing(`Security group ${name} not found for project ${server.projectId}.`)
  for (const port of world.ports.where('deviceId', server.id)) {
    const others = port.groupIds.filter((id) => id !== group.id)
    if (!add && others.length === port.groupIds.length)
      throw missing(`Security group ${name} not associated with the instance ${server.id}`)
    world.ports.update(port.id, { groupIds: add ? [...others, group.id] : others })
  }
  return { status: 202 }
}
