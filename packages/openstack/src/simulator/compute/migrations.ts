import type { Call } from '../call.ts'
import { flavorPayload, instanceEvent } from '../notifications/compute.ts'
import type { Jobs, World } from '../world.ts'
import type { Action } from './actions.ts'
import { plugIn } from './boot.ts'
import { findFlavor } from './flavors.ts'
import { chooseHost, occupy } from './hosts.ts'
import { finishAction, recordAction } from './instance-actions.ts'
import { spendServers } from './quotas.ts'
import { type EmbeddedFlavor, embed, requireHost, requireState, type Server, touchServer } from './server.ts'
import { bad, requireAdmin } from './answers.ts'

/** Resize, its confirmation and its way back; migration, which is a resize to the same flavor. */
export const migrations: Record<string, Action> = {
  resize: (call, server, args) => {
    // The state is looked at before the flavor.
    requireState(server, 'resize', ['active', 'stopped'])
    const flavor = findFlavor(call.world, String(args.flavorRef))
    if (!flavor || !(call.who.isAdmin || flavor.isPublic || flavor.projectIds.includes(call.who.projectId)))
      throw bad(`Flavor ${String(args.flavorRef)} could not be found.`)
    if (flavor.flavorId === server.flavor.flavorId) throw bad('When resizing, instances must change flavor!')
    spendServers(call.world, server.projectId, {
      instances: 0,
      cores: flavor.vcpus - server.flavor.vcpus,
      ram: flavor.ramMib - server.flavor.ramMib,
    })
    return startResize(call, server, embed(flavor), 'resize')
  },
  migrate: (call, server) => {
    requireAdmin(call, 'os-migrate-server:migrate')
    requireState(server, 'migrate', ['active', 'stopped'])
    return startResize(call, server, server.flavor, 'migrate')
  },
  confirmResize: (call, server) => {
    requireState(server, 'confirmResize', ['resized'])
    recordAction(call, server, 'confirmResize', 'compute_confirm_resize')
    instanceEvent(call.world, server, { legacy: 'resize.confirm.start', versioned: 'resize_confirm.start' })
    later(call, server, 'server.confirm-resize', 'server.resize-confirmed')
    return { status: 204 }
  },
  revertResize: (call, server) => {
    requireState(server, 'revertResize', ['resized'])
    recordAction(call, server, 'revertResize', 'compute_revert_resize')
    const reverting = touchServer(call.world, server.id, { taskState: 'resize_reverting' })
    instanceEvent(call.world, reverting, { legacy: 'resize.revert.start', versioned: 'resize_revert.start' })
    later(call, server, 'server.revert-resize', 'server.resize-reverted')
    return { status: 202 }
  },
  'os-migrateLive': (call, server) => {
    requireAdmin(call, 'os-migrate-server:migrate_live')
    requireState(server, 'os-migrateLive', ['active', 'paused'])
    requireHost(server)
    touchServer(call.world, server.id, { taskState: 'migrating' })
    recordAction(call, server, 'live-migration', 'compute_live_migration')
    later(call, server, 'server.migrate', 'server.migrated-live')
    return { status: 202 }
  },
}

export const jobs: Jobs = {
  'server.resizing': (world, args) =>
    moveDisks(world, String(args.serverId), String(args.requestId), JSON.parse(String(args.flavor)) as EmbeddedFlavor),
  'server.resized': (world, args) =>
    finishResize(world, String(args.serverId), String(args.requestId), JSON.parse(String(args.flavor)) as EmbeddedFlavor),
  'server.resize-confirmed': (world, args) => finishConfirm(world, String(args.serverId), String(args.requestId)),
  'server.resize-reverted': (world, args) => finishRevert(world, String(args.serverId), String(args.requestId)),
  'server.migrated-live': (world, args) => finishLiveMigration(world, String(args.serverId), String(args.requestId)),
}

function later(
  call: Call,
  server: Server,
  duration: 'server.confirm-resize' | 'server.revert-resize' | 'server.migrate',
  job: string,
): void {
  const { world, requestId } = call
  world.later(world.duration(duration), server.id, job, { serverId: server.id, requestId })
}

/** What the notifications of the preparation say of the size to come. */
const newFlavor = (flavor: EmbeddedFlavor) => ({
  facts: { new_instance_type: flavor.name, new_instance_type_id: 1 },
  versionedFacts: { new_flavor: flavorPayload(flavor) },
})

function startResize(call: Call, server: Server, flavor: EmbeddedFlavor, action: string) {
  const { world } = call
  requireHost(server)
  recordAction(call, server, action, 'compute_prep_resize')
  const preparing = touchServer(world, server.id, { taskState: 'resize_prep' })
  instanceEvent(world, preparing, { legacy: 'exists' })
  instanceEvent(world, preparing, { legacy: 'resize.prep.start', versioned: 'resize_prep.start', ...newFlavor(flavor) })
  const half = world.duration('server.resize') / 2
  world.later(half, server.id, 'server.resizing', {
    serverId: server.id,
    requestId: call.requestId,
    flavor: JSON.stringify(flavor),
  })
  return { status: 202 }
}

function moveDisks(world: World, id: string, requestId: string, flavor: EmbeddedFlavor): void {
  const server = world.servers.get(id)
  if (server?.taskState !== 'resize_prep') return
  // A disk of its own never shrinks: the server stays as it was, and only the list of actions tells.
  const shrinks = !server.disks.some((disk) => disk.bootIndex === 0) && flavor.diskGib < server.flavor.diskGib
  const noRoom = !chooseHost(world, { ...server, flavor })
  if (shrinks || noRoom || world.backgroundFault('compute', 'resize-server')) {
    touchServer(world, id, { taskState: null })
    finishAction(world, id, requestId, 'Error')
    return
  }
  instanceEvent(world, server, { legacy: 'resize.prep.end', versioned: 'resize_prep.end', ...newFlavor(flavor) })
  const moving = touchServer(world, id, { taskState: 'resize_migrating' })
  instanceEvent(world, moving, { legacy: 'resize.start' })
  world.later(world.duration('server.resize') / 2, id, 'server.resized', {
    serverId: id,
    requestId,
    flavor: JSON.stringify(flavor),
  })
}

function finishResize(world: World, id: string, requestId: string, flavor: EmbeddedFlavor): void {
  const server = world.servers.get(id)
  if (server?.taskState !== 'resize_migrating') return
  instanceEvent(world, touchServer(world, id, { taskState: 'resize_migrated' }), { legacy: 'resize.end' })
  const host = chooseHost(world, { ...server, flavor }, server.hostName ?? undefined)
  // Both sizes are held until the resize is confirmed or taken back; here the larger place is the new one.
  occupy(world, server.hostName, server.flavor, -1)
  occupy(world, host?.name ?? server.hostName, flavor, 1)
  instanceEvent(world, touchServer(world, id, { taskState: 'resize_finish' }), {
    legacy: 'finish_resize.start',
    versioned: 'resize_finish.start',
  })
  const resized = touchServer(world, id, {
    vmState: 'resized',
    taskState: null,
    powerState: server.vmState === 'stopped' ? 4 : 1,
    flavor,
    oldFlavor: server.flavor,
    oldVmState: server.vmState,
    hostName: host?.name ?? server.hostName,
    launchedMs: world.nowMs,
    boots: [...server.boots.slice(-9), { atMs: world.nowMs, kind: 'boot' }],
  })
  plugIn(world, resized)
  finishAction(world, id, requestId)
  instanceEvent(world, resized, { legacy: 'finish_resize.end', versioned: 'resize_finish.end' })
}

function finishConfirm(world: World, id: string, requestId: string): void {
  const server = world.servers.get(id)
  if (server?.vmState !== 'resized') return
  const confirmed = touchServer(world, id, {
    vmState: server.oldVmState ?? 'active',
    taskState: null,
    oldFlavor: null,
    oldVmState: null,
  })
  finishAction(world, id, requestId)
  instanceEvent(world, confirmed, { legacy: 'resize.confirm.end', versioned: 'resize_confirm.end' })
}

function finishRevert(world: World, id: string, requestId: string): void {
  const server = world.servers.get(id)
  if (server?.vmState !== 'resized') return
  const flavor = server.oldFlavor ?? server.flavor
  occupy(world, server.hostName, server.flavor, -1)
  occupy(world, server.hostName, flavor, 1)
  const back = touchServer(world, id, {
    vmState: server.oldVmState ?? 'active',
    taskState: null,
    powerState: server.oldVmState === 'stopped' ? 4 : 1,
    flavor,
    oldFlavor: null,
    oldVmState: null,
    launchedMs: world.nowMs,
    boots: [...server.boots.slice(-9), { atMs: world.nowMs, kind: 'boot' }],
  })
  finishAction(world, id, requestId)
  instanceEvent(world, back, { legacy: 'resize.revert.end', versioned: 'resize_revert.end' })
}

function finishLiveMigration(world: World, id: string, requestId: string): void {
  const server = world.servers.get(id)
  if (server?.taskState !== 'migrating') return
  const host = chooseHost(world, server, server.hostName ?? undefined)
  occupy(world, server.hostName, server.flavor, -1)
  occupy(world, host?.name ?? server.hostName, server.flavor, 1)
  const moved = touchServer(world, id, { taskState: null, hostName: host?.name ?? server.hostName })
  plugIn(world, moved)
  finishAction(world, id, requestId)
  instanceEvent(world, moved, { legacy: 'live_migration.post.dest.end', versioned: 'live_migration_post_dest.end' })
}
