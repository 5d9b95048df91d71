import { createHash } from 'node:crypto'
import type { Call, JsonObject } from '../call.ts'
import type { Port } from '../network/ports.ts'
import { instanceUpdate } from '../notifications/compute.ts'
import type { Row } from '../table.ts'
import { databaseTime, seconds } from '../times.ts'
import type { World } from '../world.ts'
import type { Flavor } from './flavors.ts'
import { bookmark, conflicting, links, missing } from './answers.ts'

/** The flavor as it was when the server was made or resized: Nova keeps a copy. */
export type EmbeddedFlavor = Pick<
  Flavor,
  'flavorId' | 'name' | 'vcpus' | 'ramMib' | 'diskGib' | 'ephemeralGib' | 'swapMib' | 'extraSpecs'
>

/** A disk of a server as Nova knows it, a "block device mapping". */
export interface Disk {
  bdmId: string
  volumeId: string | null
  attachmentId: string | null
  device: string
  bootIndex: number | null
  deleteOnTermination: boolean
  tag: string | null
  /** What to make a volume of while the server is built. */
  source: { kind: 'image' | 'snapshot' | 'blank'; id: string | null; sizeGib: number; typeName: string | null } | null
}

export interface Fault {
  code: number
  message: string
  createdMs: number
  details: string
}

/** A start of the guest: its console log is written out of these. */
export interface Boot {
  atMs: number
  kind: 'boot' | 'shutdown'
}

export interface Server extends Row {
  name: string
  projectId: string
  userId: string
  vmState: string
  taskState: string | null
  /** 0 nothing, 1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended. */
  powerState: number
  flavor: EmbeddedFlavor
  /** While a resize waits for its confirmation: the flavor to go back to. */
  oldFlavor: EmbeddedFlavor | null
  oldVmState: string | null
  imageId: string | null
  metadata: Record<string, string>
  keyName: string | null
  description: string | null
  tags: string[]
  locked: boolean
  lockedByAdmin: boolean
  lockedReason: string | null
  userData: string | null
  configDrive: boolean
  availabilityZone: string | null
  hostname: string
  reservationId: string
  launchIndex: number
  number: number
  hostName: string | null
  disks: Disk[]
  /** Names of groups asked for, until the ports exist. */
  groupNames: string[]
  serverGroupId: string | null
  fault: Fault | null
  boots: Boot[]
  createdMs: number
  updatedMs: number
  launchedMs: number | null
  terminatedMs: number | null
  deleted: boolean
  requestId: string
}

const byTask: Record<string, Record<string, string>> = {
  active: {
    rebooting: 'REBOOT',
    reboot_pending: 'REBOOT',
    reboot_started: 'REBOOT',
    rebooting_hard: 'HARD_REBOOT',
    reboot_pending_hard: 'HARD_REBOOT',
    reboot_started_hard: 'HARD_REBOOT',
    updating_password: 'PASSWORD',
    rebuilding: 'REBUILD',
    rebuild_block_device_mapping: 'REBUILD',
    rebuild_spawning: 'REBUILD',
    migrating: 'MIGRATING',
    resize_prep: 'RESIZE',
    resize_migrating: 'RESIZE',
    resize_migrated: 'RESIZE',
    resize_finish: 'RESIZE',
  },
  stopped: {
    rebooting_hard: 'HARD_REBOOT',
    reboot_started_hard: 'HARD_REBOOT',
    rebuilding: 'REBUILD',
    rebuild_block_device_mapping: 'REBUILD',
    rebuild_spawning: 'REBUILD',
    resize_prep: 'RESIZE',
    resize_migrating: 'RESIZE',
    resize_migrated: 'RESIZE',
    resize_finish: 'RESIZE',
  },
  resized: { resize_reverting: 'REVERT_RESIZE' },
  error: { rebuilding: 'REBUILD', rebuild_block_device_mapping: 'REBUILD', rebuild_spawning: 'REBUILD' },
  paused: { migrating: 'MIGRATING', rebooting_hard: 'HARD_REBOOT' },
}

const byState: Record<string, string> = {
  active: 'ACTIVE',
  building: 'BUILD',
  stopped: 'SHUTOFF',
  resized: 'VERIFY_RESIZE',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  rescued: 'RESCUE',
  error: 'ERROR',
  deleted: 'DELETED',
  'soft-delete': 'SOFT_DELETED',
  shelved: 'SHELVED',
  shelved_offloaded: 'SHELVED_OFFLOADED',
}

/** `ACTIVE`, `BUILD`: what the two states of Nova mean together. */
export const statusOf = (server: Pick<Server, 'vmState' | 'taskState'>): string =>
  byTask[server.vmState]?.[server.taskState ?? ''] ?? byState[server.vmState] ?? 'UNKNOWN'

export const instanceMissing = (id: string) => missing(`Instance ${id} could not be found.`)

/** @throws Refusal 404 for a server of somebody else, or one that is gone. */
export function visibleServer(call: Call, id: string = call.params.id ?? ''): Server {
  const server = call.world.servers.get(id)
  if (!server || server.deleted || !(call.who.isAdmin || server.projectId === call.who.projectId)) throw instanceMissing(id)
  return server
}

/** A server on which somebody wants to act. @throws Refusal 409 when it is locked against him. */
export function actableServer(call: Call): Server {
  const server = visibleServer(call)
  if (server.locked && !call.who.isAdmin) throw conflicting(`Instance ${server.id} is locked`)
  return server
}

/** @throws Refusal 409 unless the server is in one of these states, with no task unless `tasks` allows it. */
export function requireState(server: Server, action: string, states: string[], tasks: 'none' | 'any' = 'none'): void {
  if (!states.includes(server.vmState))
    throw conflicting(`Cannot '${action}' instance ${server.id} while it is in vm_state ${server.vmState}`)
  if (tasks === 'none' && server.taskState !== null)
    throw conflicting(`Cannot '${action}' instance ${server.id} while it is in task_state ${server.taskState}`)
}

/** @throws Refusal 409 when the server never came to a host. */
export function requireHost(server: Server): void {
  if (server.hostName === null) throw conflicting(`Instance ${server.id} is not ready`)
}

/** A change of a server, with its time; each change of state or task is told to the world. */
export function touchServer(world: World, id: string, patch: Partial<Server>): Server {
  const before = world.servers.get(id)
  const after = world.servers.update(id, { ...patch, updatedMs: world.nowMs })
  if (before && (before.vmState !== after.vmState || before.taskState !== after.taskState || before.name !== after.name))
    instanceUpdate(world, before, after)
  return after
}

export const instanceName = (server: Server): string => `instance-${server.number.toString(16).padStart(8, '0')}`

/** A hash of host and project, which customers see instead of the host's name; empty where there is no host. */
export const hostIdOf = (server: Pick<Server, 'projectId' | 'hostName'>): string =>
  server.hostName === null
    ? ''
    : createHash('sha224')
        .update(server.projectId + server.hostName)
        .digest('hex')

export const embed = (flavor: Flavor): EmbeddedFlavor => ({
  flavorId: flavor.flavorId,
  name: flavor.name,
  vcpus: flavor.vcpus,
  ramMib: flavor.ramMib,
  diskGib: flavor.diskGib,
  ephemeralGib: flavor.ephemeralGib,
  swapMib: flavor.swapMib,
  extraSpecs: flavor.extraSpecs,
})

export const flavorView = (call: Call, flavor: EmbeddedFlavor): JsonObject =>
  call.version >= 47
    ? {
        vcpus: flavor.vcpus,
        ram: flavor.ramMib,
        disk: flavor.diskGib,
        ephemeral: flavor.ephemeralGib,
        swap: flavor.swapMib,
        original_name: flavor.name,
        extra_specs: flavor.extraSpecs,
      }
    : { id: flavor.flavorId, links: bookmark(call, `flavors/${flavor.flavorId}`) }

export const portsOf = (world: World, server: Server): Port[] => world.ports.where('deviceId', server.id)

interface ServerAddress {
  version: number
  addr: string
  'OS-EXT-IPS:type': 'fixed' | 'floating'
  'OS-EXT-IPS-MAC:mac_addr': string
}

/** Addresses by the name of their network; two networks of one name share a key, as in Nova. */
export function addressesOf(world: World, server: Server): Record<string, ServerAddress[]> {
  const addresses: Record<string, ServerAddress[]> = {}
  if (server.vmState === 'building') return addresses
  for (const port of portsOf(world, server)) {
    const name = world.networks.get(port.networkId)?.name ?? port.networkId
    const list = addresses[name] ?? []
    addresses[name] = list
    const floating = world.floatingIps.where('portId', port.id)
    for (const { ip_address: addr } of port.fixedIps)
      list.push({ version: addr.includes(':') ? 6 : 4, addr, 'OS-EXT-IPS:type': 'fixed', 'OS-EXT-IPS-MAC:mac_addr': port.mac })
    for (const each of floating)
      list.push({ version: 4, addr: each.ip, 'OS-EXT-IPS:type': 'floating', 'OS-EXT-IPS-MAC:mac_addr': port.mac })
  }
  return addresses
}

export function groupNamesOf(world: World, server: Server): string[] {
  const names = new Set<string>()
  for (const port of portsOf(world, server)) for (const id of port.groupIds) names.add(world.securityGroups.get(id)?.name ?? id)
  return [...names]
}

const withProgress = new Set(['ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING'])

/** What every version says, and nothing else: answers to PUT and rebuild before 2.75. */
export function basicView(call: Call, server: Server, plainAddresses = false): JsonObject {
  const { world, who } = call
  const status = statusOf(server)
  const { fault } = server
  const addresses = addressesOf(world, server)
  const view: JsonObject = {
    id: server.id,
    name: server.name,
    status,
    tenant_id: server.projectId,
    user_id: server.userId,
    metadata: server.metadata,
    hostId: hostIdOf(server),
    image: server.imageId === null ? '' : { id: server.imageId, links: bookmark(call, `images/${server.imageId}`) },
    flavor: flavorView(call, server.flavor),
    created: seconds(server.createdMs),
    updated: seconds(server.updatedMs),
    addresses: plainAddresses
      ? Object.fromEntries(
          Object.entries(addresses).map(([name, list]) => [name, list.map(({ version, addr }) => ({ version, addr }))]),
        )
      : addresses,
    accessIPv4: '',
    accessIPv6: '',
    links: links(call, `servers/${server.id}`),
    'OS-DCF:diskConfig': 'MANUAL',
  }
  if (withProgress.has(status)) view.progress = 0
  if (fault && status === 'ERROR')
    view.fault = {
      code: fault.code,
      created: seconds(fault.createdMs),
      message: fault.message,
      // What broke inside is told to administrators only.
      ...(who.isAdmin ? { details: fault.details } : {}),
    }
  return view
}

/** A server in detail, in the words of the version that was agreed. Lists of thousands are made of it: it builds one object and copies none. */
export function serverView(call: Call, server: Server, single: boolean): JsonObject {
  const { world, version, who } = call
  const view = basicView(call, server)
  view['OS-EXT-AZ:availability_zone'] =
    server.hostName === null && server.vmState === 'error' ? '' : (server.availabilityZone ?? 'nova')
  view.config_drive = server.configDrive ? 'True' : ''
  view.key_name = server.keyName
  view['OS-SRV-USG:launched_at'] = server.launchedMs === null ? null : databaseTime(server.launchedMs)
  view['OS-SRV-USG:terminated_at'] = server.terminatedMs === null ? null : databaseTime(server.terminatedMs)
  if (who.isAdmin) addInnerDetails(view, server, version)
  view['OS-EXT-STS:task_state'] = server.taskState
  view['OS-EXT-STS:vm_state'] = server.vmState
  view['OS-EXT-STS:power_state'] = server.powerState
  view['os-extended-volumes:volumes_attached'] = volumesAttached(server, version)
  if (version >= 9) view.locked = server.locked
  if (version >= 73) view.locked_reason = server.lockedReason
  if (version >= 19) view.description = server.description
  if (version >= 26) view.tags = server.tags
  if (version >= 63) view.trusted_image_certificates = null
  if (version >= 16 && who.isAdmin) view.host_status = server.hostName === null ? '' : 'UP'
  if (version >= 90 && !who.isAdmin) view['OS-EXT-SRV-ATTR:hostname'] = server.hostname
  if (version >= 71 && single) view.server_groups = server.serverGroupId === null ? [] : [server.serverGroupId]
  const groups = groupNamesOf(world, server)
  // Taken from the ports: a server without any has not even the key.
  if (groups.length > 0) view.security_groups = groups.map((name) => ({ name }))
  return view
}

/** What only administrators see: where the server is and what it is called there. */
function addInnerDetails(view: JsonObject, server: Server, version: number): void {
  view['OS-EXT-SRV-ATTR:host'] = server.hostName
  view['OS-EXT-SRV-ATTR:instance_name'] = instanceName(server)
  view['OS-EXT-SRV-ATTR:hypervisor_hostname'] = server.hostName
  if (version < 3) return
  view['OS-EXT-SRV-ATTR:reservation_id'] = server.reservationId
  view['OS-EXT-SRV-ATTR:launch_index'] = server.launchIndex
  view['OS-EXT-SRV-ATTR:hostname'] = server.hostname
  view['OS-EXT-SRV-ATTR:kernel_id'] = ''
  view['OS-EXT-SRV-ATTR:ramdisk_id'] = ''
  view['OS-EXT-SRV-ATTR:root_device_name'] = '/dev/vda'
  view['OS-EXT-SRV-ATTR:user_data'] = server.userData
}

const volumesAttached = (server: Server, version: number): JsonObject[] =>
  server.disks
    .filter((disk) => disk.volumeId !== null)
    .map((disk) =>
      version >= 3 ? { id: disk.volumeId, delete_on_termination: disk.deleteOnTermination } : { id: disk.volumeId },
    )
