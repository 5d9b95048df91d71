import { uuid } from '../ids.ts'
import { createPort, deletePort, setPortStatus } from '../network/ports.ts'
import { defaultGroup } from '../network/security-groups.ts'
import { instanceEvent } from '../notifications/compute.ts'
import { volumeEvent } from '../notifications/volume.ts'
import { attachToServer, newAttachment } from '../volume/attachments.ts'
import { createVolume, finishCreate, startDelete, touch, volumeImageMetadata } from '../volume/volumes.ts'
import { defaultType } from '../volume/types.ts'
import { Refusal } from '../call.ts'
import type { Jobs, World } from '../world.ts'
import { chooseHost, occupy } from './hosts.ts'
import { finishAction } from './instance-actions.ts'
import { type Disk, portsOf, type Server, touchServer } from './server.ts'

/** A card that was asked for: a network to make a port in, or a port. */
export interface NetworkWish {
  uuid?: string
  port?: string
  fixedIp?: string
}

/**
 * How a server comes to life: scheduled on a host; ports and volumes made; spawned.
 * Each step is a job for the server, so that finishing the server runs them all.
 */
export const jobs: Jobs = {
  'server.schedule': (world, args) => schedule(world, String(args.serverId), String(args.networks), String(args.groups)),
  'server.allocate': (world, args) => allocate(world, String(args.serverId), String(args.networks), String(args.groups)),
  'server.volumes-ready': (world, args) => volumesReady(world, String(args.serverId)),
  'server.spawned': (world, args) => spawned(world, String(args.serverId)),
  'server.deleted': (world, args) => finishDelete(world, String(args.serverId)),
}

export function startBuild(world: World, server: Server, networks: NetworkWish[], groupIds: string[]): void {
  world.later(world.duration('server.schedule'), server.id, 'server.schedule', {
    serverId: server.id,
    networks: JSON.stringify(networks),
    groups: JSON.stringify(groupIds),
  })
}

/** What a person wrote into the name or the metadata to make a certain thing happen. */
const says = (server: Server, word: string): boolean =>
  [server.name, server.description ?? '', ...Object.values(server.metadata)].some((text) => text.includes(word))

const building = (world: World, id: string): Server | undefined => {
  const server = world.servers.get(id)
  return server?.vmState === 'building' && server.taskState !== 'deleting' ? server : undefined
}

function schedule(world: World, id: string, networks: string, groups: string): void {
  const server = building(world, id)
  if (!server) return
  const host = says(server, 'no-capacity') ? undefined : chooseHost(world, server)
  if (!host) {
    fail(world, server, 'No valid host was found. ')
    return
  }
  occupy(world, host.name, server.flavor, 1)
  const placed = touchServer(world, id, {
    hostName: host.name,
    availabilityZone: server.availabilityZone ?? 'nova',
    taskState: null,
  })
  instanceEvent(world, placed, { legacy: 'create.start' })
  world.later(world.duration('server.allocate'), id, 'server.allocate', { serverId: id, networks, groups })
}

function allocate(world: World, id: string, networks: string, groups: string): void {
  const server = building(world, id)
  if (!server) return
  const pending = touchServer(world, id, { taskState: 'networking' })
  try {
    plugCards(world, pending, JSON.parse(networks) as NetworkWish[], JSON.parse(groups) as string[])
    const made = makeVolumes(world, touchServer(world, id, { taskState: 'block_device_mapping' }))
    if (made) world.later(world.duration('volume.create-from-image'), id, 'server.volumes-ready', { serverId: id })
    else startSpawn(world, id)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // Neutron or Cinder refused: quota, no address left. The server stays, in error.
    fail(world, world.servers.get(id) as Server, `Build of instance ${id} aborted: ${error.message}`)
  }
}

function plugCards(world: World, server: Server, networks: NetworkWish[], groupIds: string[]): void {
  for (const wish of networks) {
    if (wish.port !== undefined) {
      const port = world.ports.get(wish.port)
      if (port)
        world.ports.update(port.id, {
          deviceId: server.id,
          deviceOwner: 'compute:nova',
          hostId: server.hostName ?? '',
          updatedMs: world.nowMs,
        })
      continue
    }
    const network = world.networks.get(wish.uuid ?? '')
    if (!network) throw new Refusal(404, `Network ${wish.uuid} could not be found.`)
    const ids = groupIds.length > 0 ? groupIds : [defaultGroup(world, server.projectId).id]
    createPort(world, {
      projectId: server.projectId,
      network,
      groupIds: ids,
      deviceId: server.id,
      deviceOwner: 'compute:nova',
      hostId: server.hostName ?? '',
      byNova: true,
      ...(wish.fixedIp === undefined ? {} : { ip: wish.fixedIp }),
    })
  }
}

/** Volumes out of images, snapshots or nothing that the server's disks ask for. @returns whether any is being made. */
function makeVolumes(world: World, server: Server): boolean {
  let made = false
  const disks = server.disks.map((disk): Disk => {
    const { source } = disk
    if (source === null) {
      const volume = disk.volumeId === null ? undefined : world.volumes.get(disk.volumeId)
      return volume ? { ...disk, attachmentId: reserve(world, server, volume.id, disk.device) } : disk
    }
    made = true
    const image = source.kind === 'image' ? world.images.get(source.id ?? '') : undefined
    const type =
      world.volumeTypes.all().find((each) => each.name === source.typeName || each.id === source.typeName) ?? defaultType(world)
    const volume = createVolume(world, {
      projectId: server.projectId,
      userId: server.userId,
      name: '',
      description: '',
      sizeGib: source.sizeGib,
      type,
      metadata: {},
      multiattach: false,
      origin: {
        snapshotId: source.kind === 'snapshot' ? source.id : null,
        sourceId: null,
        image,
        bootable: image !== undefined,
        imageMetadata: image ? volumeImageMetadata(image) : null,
      },
    })
    volumeEvent(world, 'create.start', volume)
    return { ...disk, volumeId: volume.id, source: null, attachmentId: null }
  })
  world.servers.update(server.id, { disks })
  return made
}

function reserve(world: World, server: Server, volumeId: string, device: string): string {
  const volume = touch(world, volumeId, { status: 'reserved' })
  return newAttachment(world, volume, server.id, device, { byNova: true, hostName: null }).id
}

function volumesReady(world: World, id: string): void {
  const server = building(world, id)
  if (!server) return
  for (const disk of server.disks)
    if (disk.volumeId !== null && disk.attachmentId === null) {
      const ready = finishCreate(world, disk.volumeId)
      if (ready?.status === 'error') {
        fail(
          world,
          server,
          `Build of instance ${id} aborted: Volume ${disk.volumeId} did not finish being created even after we waited 3 seconds or 2 attempts. And its status is error.`,
        )
        return
      }
    }
  const disks = server.disks.map((disk) =>
    disk.volumeId !== null && disk.attachmentId === null
      ? { ...disk, attachmentId: reserve(world, server, disk.volumeId, disk.device) }
      : disk,
  )
  world.servers.update(id, { disks })
  startSpawn(world, id)
}

function startSpawn(world: World, id: string): void {
  const server = touchServer(world, id, { taskState: 'spawning' })
  const slowly = says(server, 'slow-boot') ? 10 : 1
  world.later(world.duration('server.spawn') * slowly, id, 'server.spawned', { serverId: id })
}

function spawned(world: World, id: string): void {
  const server = building(world, id)
  if (!server) return
  if (says(server, 'boot-error') || world.backgroundFault('compute', 'build-server')) {
    fail(world, server, 'No valid host was found.')
    return
  }
  plugIn(world, server)
  const active = touchServer(world, id, {
    vmState: 'active',
    taskState: null,
    powerState: 1,
    launchedMs: world.nowMs,
    boots: [{ atMs: world.nowMs, kind: 'boot' }],
  })
  finishAction(world, id, server.requestId)
  instanceEvent(world, active, { legacy: 'create.end', facts: { message: 'Success' } })
}

/** Cards and disks of a server that runs (again). */
export function plugIn(world: World, server: Server): void {
  for (const port of portsOf(world, server)) {
    if (port.hostId !== server.hostName) world.ports.update(port.id, { hostId: server.hostName ?? '' })
    setPortStatus(world, port.id, 'ACTIVE')
  }
  for (const disk of server.disks) {
    const attachment = world.attachments.get(disk.attachmentId ?? '')
    if (!attachment || attachment.status === 'attached') continue
    const volume = world.volumes.get(attachment.volumeId)
    if (volume) volumeEvent(world, 'attach.start', volume)
    attachToServer(world, attachment)
  }
}

/** The server could not be built: it stays, in error, with what it took given back. */
function fail(world: World, server: Server, message: string): void {
  const scheduled = server.hostName !== null
  if (scheduled) occupy(world, server.hostName, server.flavor, -1)
  unplugCards(world, server)
  releaseDisks(world, server)
  const failed = touchServer(world, server.id, {
    vmState: 'error',
    taskState: null,
    hostName: null,
    powerState: 0,
    disks: [],
    fault: {
      code: 500,
      message,
      createdMs: world.nowMs,
      details: `Traceback (most recent call last):\n  File "/usr/lib/python3/dist-packages/nova/conductor/manager.py", in build_instances\nnova.exception.NoValidHost: ${message}\n`,
    },
  })
  finishAction(world, server.id, server.requestId, 'Error')
  world.notify(
    'nova',
    'compute.instance.create.error',
    'compute.lab',
    () => ({ instance_id: failed.id, tenant_id: failed.projectId, display_name: failed.name, state: 'error', message }),
    { priority: 'ERROR' },
  )
  instanceEvent(world, failed, { versioned: 'create.error' })
}

/** Ports that Nova made go; those that it was given are set free. */
export function unplugCards(world: World, server: Server): void {
  for (const port of portsOf(world, server)) {
    if (port.byNova) deletePort(world, port)
    else world.ports.update(port.id, { deviceId: '', deviceOwner: '', hostId: '', status: 'DOWN', updatedMs: world.nowMs })
  }
}

/** Disks that go with the server are deleted, unless a snapshot holds them; the others are free again. */
export function releaseDisks(world: World, server: Server): void {
  for (const disk of server.disks) {
    if (disk.attachmentId !== null) world.attachments.remove(disk.attachmentId)
    const volume = world.volumes.get(disk.volumeId ?? '')
    if (!volume) continue
    const freed = ['error', 'deleting'].includes(volume.status) ? volume : touch(world, volume.id, { status: 'available' })
    // Cinder refuses to delete a volume with snapshots, and Nova lets it be: it stays behind.
    const held = world.snapshots.where('volumeId', volume.id).length > 0
    if (disk.deleteOnTermination && !held) startDelete(world, freed)
  }
}

/** Starts the end of a server; one that never came to a host is gone at once. */
export function startServerDelete(world: World, server: Server): void {
  world.cancel(server.id)
  const leaving = touchServer(world, server.id, { taskState: 'deleting' })
  instanceEvent(world, leaving, { legacy: 'delete.start' })
  instanceEvent(world, leaving, { legacy: 'shutdown.start' })
  if (server.hostName === null) finishDelete(world, server.id)
  else world.later(world.duration('server.delete'), server.id, 'server.deleted', { serverId: server.id })
}

function finishDelete(world: World, id: string): void {
  const server = world.servers.get(id)
  if (!server || server.deleted) return
  if (world.backgroundFault('compute', 'delete-server')) {
    touchServer(world, id, { vmState: 'error', taskState: null })
    return
  }
  if (server.hostName !== null) occupy(world, server.hostName, server.flavor, -1)
  unplugCards(world, server)
  releaseDisks(world, server)
  instanceEvent(world, server, { legacy: 'shutdown.end' })
  const gone = touchServer(world, id, {
    vmState: 'deleted',
    taskState: null,
    powerState: 0,
    deleted: true,
    disks: [],
    // Nova drops these with the server: a look-up by metadata never finds a deleted one.
    metadata: {},
    tags: [],
    terminatedMs: world.nowMs,
  })
  for (const token of world.consoleTokens.all()) if (token.serverId === id) world.consoleTokens.remove(token.id)
  instanceEvent(world, gone, { legacy: 'delete.end' })
  forgetOld(world)
}

/** Nova keeps deleted servers for ever; the simulator only the last ones. */
const keptDeleted = 5_000

function forgetOld(world: World): void {
  const count = world.counters.get('deleted-servers')?.value ?? 0
  world.next('deleted-servers')
  if (count < keptDeleted || count % 100 !== 0) return
  const deleted = world.servers.all().filter((server) => server.deleted)
  for (const server of deleted.slice(0, Math.max(0, deleted.length - keptDeleted))) {
    world.servers.remove(server.id)
    for (const action of world.instanceActions.where('serverId', server.id)) world.instanceActions.remove(action.id)
  }
}

export const newDisk = (device: string, patch: Partial<Disk>): Disk => ({
  bdmId: uuid(),
  volumeId: null,
  attachmentId: null,
  device,
  bootIndex: null,
  deleteOnTermination: false,
  tag: null,
  source: null,
  ...patch,
})
