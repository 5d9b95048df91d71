import { asText } from '../call.ts'
import { adminPassword } from '../ids.ts'
import { canSee } from '../image/images.ts'
import { instanceEvent } from '../notifications/compute.ts'
import type { Duration } from '../durations.ts'
import type { Jobs, World } from '../world.ts'
import type { Action } from './actions.ts'
import { plugIn } from './boot.ts'
import { chooseHost, occupy } from './hosts.ts'
import { finishAction, recordAction } from './instance-actions.ts'
import { basicView, requireHost, requireState, type Server, serverView, touchServer } from './server.ts'
import { metadataOf } from './servers.ts'
import { bad, conflicting, requireAdmin } from './answers.ts'

/** What gives a server another system, or takes it off its host and back. */
export const rebuilds: Record<string, Action> = {
  rebuild: (call, server, args) => {
    const { world } = call
    requireState(server, 'rebuild', ['active', 'stopped', 'error'])
    requireHost(server)
    const imageId = asText(args.imageRef) ?? ''
    const image = world.images.get(imageId)
    if (!image || !canSee(world, image, call.who.projectId, call.who.isAdmin)) throw bad('Cannot find image for rebuild')
    const root = server.disks.find((disk) => disk.bootIndex === 0)
    if (root && world.volumes.get(root.volumeId ?? '')?.imageId !== imageId && call.version < 93)
      throw bad('Unable to rebuild with a different image for a volume-backed server.')
    recordAction(call, server, 'rebuild', 'compute_rebuild_instance')
    const rebuilding = touchServer(world, server.id, {
      taskState: 'rebuilding',
      imageId: root ? null : imageId,
      name: asText(args.name) ?? server.name,
      metadata: args.metadata === undefined ? server.metadata : metadataOf(args.metadata),
      description: call.version >= 19 && 'description' in args ? (asText(args.description) ?? null) : server.description,
      keyName: call.version >= 54 && 'key_name' in args ? (asText(args.key_name) ?? null) : server.keyName,
      userData: call.version >= 57 && 'user_data' in args ? (asText(args.user_data) ?? null) : server.userData,
    })
    instanceEvent(world, rebuilding, { legacy: 'rebuild.scheduled', versioned: 'rebuild_scheduled' })
    instanceEvent(world, rebuilding, { legacy: 'rebuild.start' })
    plan(world, server, 'server.rebuild', 'rebuild', call.requestId)
    const view = call.version >= 75 ? serverView(call, rebuilding, true) : basicView(call, rebuilding, true)
    return {
      status: 202,
      headers: { Location: `${call.base}/v2.1/servers/${server.id}` },
      body: { server: { ...view, adminPass: asText(args.adminPass) ?? adminPassword() } },
    }
  },
  rescue: (call, server, args) => {
    // Rescue words this refusal in its own way.
    if (server.hostName === null) throw conflicting(`Instance ${server.id} is in an invalid state for 'rescue'`)
    requireState(server, 'rescue', ['active', 'stopped', 'error'])
    if (server.disks.some((disk) => disk.bootIndex === 0) && call.version < 87)
      throw bad(`Cannot rescue a volume-backed instance`)
    touchServer(call.world, server.id, { taskState: 'rescuing' })
    recordAction(call, server, 'rescue', 'compute_rescue_instance')
    instanceEvent(call.world, server, { legacy: 'rescue.start' })
    plan(call.world, server, 'server.rescue', 'rescue', call.requestId)
    return { status: 200, body: { adminPass: asText(args.adminPass) ?? adminPassword() } }
  },
  unrescue: (call, server) => {
    requireState(server, 'unrescue', ['rescued'])
    touchServer(call.world, server.id, { taskState: 'unrescuing' })
    recordAction(call, server, 'unrescue', 'compute_unrescue_instance')
    instanceEvent(call.world, server, { legacy: 'unrescue.start' })
    plan(call.world, server, 'server.start', 'unrescue', call.requestId)
    return { status: 202 }
  },
  shelve: (call, server) => {
    requireState(server, 'shelve', ['active', 'stopped', 'paused', 'suspended'])
    touchServer(call.world, server.id, { taskState: 'shelving' })
    recordAction(call, server, 'shelve', 'compute_shelve_instance')
    instanceEvent(call.world, server, { legacy: 'shelve.start' })
    plan(call.world, server, 'server.shelve', 'shelve', call.requestId)
    return { status: 202 }
  },
  shelveOffload: (call, server) => {
    requireAdmin(call, 'os-shelve:shelve_offload')
    requireState(server, 'shelveOffload', ['shelved'])
    touchServer(call.world, server.id, { taskState: 'shelving_offloading' })
    recordAction(call, server, 'shelveOffload', 'compute_shelve_offload_instance')
    plan(call.world, server, 'server.stop', 'shelve', call.requestId)
    return { status: 202 }
  },
  unshelve: (call, server) => {
    requireState(server, 'unshelve', ['shelved', 'shelved_offloaded'])
    touchServer(call.world, server.id, { taskState: 'unshelving' })
    recordAction(call, server, 'unshelve', 'compute_unshelve_instance')
    instanceEvent(call.world, server, { legacy: 'unshelve.start' })
    plan(call.world, server, 'server.unshelve', 'unshelve', call.requestId)
    return { status: 202 }
  },
}

export const jobs: Jobs = {
  'server.rebuilt': (world, args) => finish(world, String(args.serverId), String(args.kind) as Kind, String(args.requestId)),
}

type Kind = 'rebuild' | 'rescue' | 'unrescue' | 'shelve' | 'unshelve'

function plan(world: World, server: Server, duration: Duration, kind: Kind, requestId: string): void {
  world.later(world.duration(duration), server.id, 'server.rebuilt', { serverId: server.id, kind, requestId })
}

function finish(world: World, id: string, kind: Kind, requestId: string): void {
  const server = world.servers.get(id)
  if (!server || server.deleted || server.taskState === null || server.taskState === 'deleting') return
  if (world.backgroundFault('compute', `${kind}-server`)) {
    touchServer(world, id, { vmState: kind === 'rebuild' || kind === 'rescue' ? 'error' : server.vmState, taskState: null })
    finishAction(world, id, requestId, 'Error')
    return
  }
  const running: Partial<Server> = {
    vmState: 'active',
    taskState: null,
    powerState: 1,
    launchedMs: world.nowMs,
    fault: null,
    boots: [...server.boots.slice(-9), { atMs: world.nowMs, kind: 'boot' }],
  }
  const after = touchServer(world, id, outcome(world, server, kind, running))
  if (after.powerState === 1) plugIn(world, after)
  finishAction(world, id, requestId)
  instanceEvent(world, after, { legacy: `${kind}.end` })
}

function outcome(world: World, server: Server, kind: Kind, running: Partial<Server>): Partial<Server> {
  switch (kind) {
    case 'rescue':
      return { ...running, vmState: 'rescued' }
    case 'rebuild':
      // A stopped server stays stopped.
      return server.powerState === 4 ? { vmState: 'stopped', taskState: null, launchedMs: world.nowMs, fault: null } : running
    case 'shelve':
      occupy(world, server.hostName, server.flavor, -1)
      for (const port of world.ports.where('deviceId', server.id)) world.ports.update(port.id, { hostId: '', status: 'DOWN' })
      return { vmState: 'shelved_offloaded', taskState: null, powerState: 4, hostName: null }
    case 'unshelve': {
      const host = chooseHost(world, server)
      if (!host) return { vmState: server.vmState, taskState: null }
      occupy(world, host.name, server.flavor, 1)
      return { ...running, hostName: host.name }
    }
    default:
      return running
  }
}
