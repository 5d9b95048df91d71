import { type Call, type JsonObject, asArray, asFlag, asNumber, asObject, asText, isObject } from '../call.ts'
import { adminPassword, uuid } from '../ids.ts'
import { type Image, canSee } from '../image/images.ts'
import { findVisible } from '../network/networks.ts'
import { defaultGroup } from '../network/security-groups.ts'
import type { World } from '../world.ts'
import { bad, conflicting, invalidField, links } from './answers.ts'
import { type NetworkWish, newDisk, startBuild } from './boot.ts'
import { type Flavor, findFlavor } from './flavors.ts'
import { recordAction } from './instance-actions.ts'
import { findKeypair } from './keypairs.ts'
import { spendMetadata, spendServers } from './quotas.ts'
import { type Disk, type Server, embed } from './server.ts'
import { known, metadataOf } from './servers.ts'

export function createServers(call: Call) {
  const { world, who, version } = call
  const wanted = call.body.server
  if (!isObject(wanted)) throw bad("'server' is a required property")
  const name = asText(wanted.name)
  if (name === undefined) throw invalidField('server', wanted, "'name' is a required property")
  if (name.trim() === '') throw invalidField('name', name, `'${name}' is too short`)
  if (name.length > 255) throw invalidField('name', name, `'${name}' is too long`)
  const unexpected = Object.keys(wanted).find((key) => !known.has(key))
  if (unexpected) throw invalidField('server', wanted, `Additional properties are not allowed ('${unexpected}' was unexpected)`)
  if (wanted.flavorRef === undefined) throw invalidField('server', wanted, "'flavorRef' is a required property")
  if (wanted.networks === undefined && version >= 37) throw invalidField('server', wanted, "'networks' is a required property")
  const metadata = metadataOf(wanted.metadata)
  const flavor = findFlavor(world, String(wanted.flavorRef))
  if (!flavor || !(who.isAdmin || flavor.isPublic || flavor.projectIds.includes(who.projectId)))
    throw bad(`Flavor ${String(wanted.flavorRef)} could not be found.`)
  const zone = asText(wanted.availability_zone)
  if (zone !== undefined && zone.split(':')[0] !== 'nova') throw bad('The requested availability zone is not available')
  const { image, disks } = sources(call, wanted, flavor)
  const networks = networksOf(call, wanted.networks)
  const groups = groupsOf(call, wanted.security_groups)
  const keyName = asText(wanted.key_name)
  if (keyName !== undefined && !findKeypair(world, who.userId, keyName)) throw bad('Invalid key_name provided.')
  const group = serverGroupOf(call, wanted)
  const { least, most } = counts(wanted)
  spendMetadata(world, who.projectId, Object.keys(metadata).length)
  spendServers(world, who.projectId, { instances: most, cores: most * flavor.vcpus, ram: most * flavor.ramMib })
  const reservationId = `r-${Array.from({ length: 8 }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[Math.floor(world.random() * 36)]).join('')}`
  const servers = Array.from({ length: most }, (_, index) => {
    const own = most > 1 ? `${name}-${index + 1}` : name
    const server = world.servers.insert({
      ...freshServer(world),
      name: own,
      hostname: asText(wanted.hostname) ?? hostnameOf(own),
      projectId: who.projectId,
      userId: who.userId,
      flavor: embed(flavor),
      imageId: image?.id ?? null,
      metadata,
      keyName: keyName ?? null,
      description: version >= 19 ? (asText(wanted.description) ?? null) : own,
      tags: asArray(wanted.tags).map(String),
      userData: asText(wanted.user_data) ?? null,
      configDrive: asFlag(wanted.config_drive) ?? false,
      availabilityZone: zone?.split(':')[0] ?? null,
      reservationId,
      launchIndex: index,
      disks: disks.map((disk) => ({ ...disk, bdmId: uuid() })),
      groupNames: groups.names,
      serverGroupId: group,
      requestId: call.requestId,
    })
    recordAction(call, server, 'create', 'compute__do_build_and_run_instance')
    startBuild(world, server, networks, groups.ids)
    return server
  })
  const [first] = servers
  if (!first || least < 1) throw bad('min_count must be >= 1')
  if (asFlag(wanted.return_reservation_id) === true) return { status: 202, body: { reservation_id: reservationId } }
  return {
    status: 202,
    headers: { Location: `${call.base}/v2.1/servers/${first.id}` },
    body: {
      server: {
        id: first.id,
        links: links(call, `servers/${first.id}`),
        'OS-DCF:diskConfig': 'MANUAL',
        security_groups: groups.names.map((each) => ({ name: each })),
        adminPass: asText(wanted.adminPass) ?? adminPassword(),
      },
    },
  }
}

export const freshServer = (world: World): Server => ({
  id: uuid(),
  name: '',
  projectId: '',
  userId: '',
  vmState: 'building',
  taskState: 'scheduling',
  powerState: 0,
  flavor: { flavorId: '', name: '', vcpus: 0, ramMib: 0, diskGib: 0, ephemeralGib: 0, swapMib: 0, extraSpecs: {} },
  oldFlavor: null,
  oldVmState: null,
  imageId: null,
  metadata: {},
  keyName: null,
  description: null,
  tags: [],
  locked: false,
  lockedByAdmin: false,
  lockedReason: null,
  userData: null,
  configDrive: false,
  availabilityZone: null,
  hostname: '',
  reservationId: '',
  launchIndex: 0,
  number: world.next('instance'),
  hostName: null,
  disks: [],
  groupNames: [],
  serverGroupId: null,
  fault: null,
  boots: [],
  createdMs: world.nowMs,
  updatedMs: world.nowMs,
  launchedMs: null,
  terminatedMs: null,
  deleted: false,
  requestId: '',
})

/** A name that DNS bears: `My Server_1` is `my-server-1`. */
function hostnameOf(name: string): string {
  const clean = name
    .toLowerCase()
    .replace(/[ _.]/g, '-')
    .replace(/[^a-z0-9-]/g, '')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
  return clean || 'server'
}

function counts(wanted: JsonObject): { least: number; most: number } {
  const least = asNumber(wanted.min_count) ?? 1
  const most = asNumber(wanted.max_count) ?? least
  if (least < 1 || most < 1) throw invalidField('min_count', least, `${least} is less than the minimum of 1`)
  if (least > most) throw bad('min_count must be <= max_count')
  return { least, most }
}

const invalidMapping = (reason: string) => bad(`Block Device Mapping is Invalid: ${reason}.`)

/** What the server boots from: an image, or disks that name their sources. */
function sources(call: Call, wanted: JsonObject, flavor: Flavor): { image: Image | undefined; disks: Disk[] } {
  const { world } = call
  const mappings = asArray(wanted.block_device_mapping_v2).filter(isObject)
  const imageId = asText(wanted.imageRef)
  const image = imageId ? bootableImage(call, imageId) : undefined
  if (!image && mappings.length === 0) throw bad('Missing imageRef attribute')
  if (image && mappings.length === 0) {
    if (image.minRamMib > flavor.ramMib) throw bad(`Flavor's memory is too small for requested image.`)
    if (image.minDiskGib > flavor.diskGib && flavor.diskGib > 0)
      throw bad(
        `Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is ${flavor.diskGib * 1024 ** 3} bytes, minimum size is ${image.minDiskGib * 1024 ** 3} bytes.`,
      )
  }
  let letter = 0
  let local = image !== undefined && mappings.length === 0
  const disks: Disk[] = []
  const ordered = [...mappings].sort((a, b) => order(a) - order(b))
  if (image && !mappings.some((each) => order(each) === 0)) {
    local = true
    letter = 1
  }
  for (const mapping of ordered) {
    const device = asText(mapping.device_name) ?? `/dev/vd${String.fromCharCode(97 + letter++)}`
    const disk = diskOf(call, mapping, device)
    if (disk) disks.push(disk)
    else local = true
  }
  const boots = local || disks.some((disk) => disk.bootIndex === 0)
  if (!boots) throw invalidMapping('Boot sequence for the instance and image/block device mapping combination is not valid')
  const root = disks.find((disk) => disk.bootIndex === 0)
  if (root?.volumeId && !world.volumes.get(root.volumeId)?.bootable) throw bad(`Block Device ${root.volumeId} is not bootable.`)
  // A server on volumes has no image of its own, even when one was named.
  return { image: root ? undefined : image, disks }
}

const order = (mapping: JsonObject): number => {
  const index = asNumber(mapping.boot_index)
  return index === undefined || index < 0 ? 99 : index
}

function bootableImage(call: Call, id: string): Image {
  const image = call.world.images.get(id)
  if (!image || !canSee(call.world, image, call.who.projectId, call.who.isAdmin)) throw bad('Can not find requested image')
  if (image.status !== 'active') throw bad(`Image ${id} is not active.`)
  return image
}

/** One mapping; undefined when it stays on the host's own disk. */
function diskOf(call: Call, mapping: JsonObject, device: string): Disk | undefined {
  const { world, who } = call
  const kind = asText(mapping.source_type) ?? 'blank'
  const target = asText(mapping.destination_type) ?? (kind === 'volume' ? 'volume' : 'local')
  const id = asText(mapping.uuid) ?? ''
  const index = asNumber(mapping.boot_index)
  const base = {
    bootIndex: index === undefined || index < 0 ? null : index,
    deleteOnTermination: asFlag(mapping.delete_on_termination) ?? false,
    tag: asText(mapping.tag) ?? null,
  }
  if (kind === 'volume') {
    const volume = world.volumes.get(id)
    if (!volume || !(who.isAdmin || volume.projectId === who.projectId)) throw invalidMapping(`failed to get volume ${id}`)
    if (volume.status !== 'available')
      throw bad(
        `Invalid volume: Volume ${id} status must be available or downloading to reserve, but the current status is ${volume.status}.`,
      )
    return newDisk(device, { ...base, volumeId: id })
  }
  if (kind === 'image') {
    const image = world.images.get(id)
    if (!image || !canSee(world, image, who.projectId, who.isAdmin)) throw invalidMapping(`failed to get image ${id}`)
  }
  if (target === 'local') return undefined
  if (kind === 'snapshot') {
    const snapshot = world.snapshots.get(id)
    if (!snapshot || snapshot.projectId !== who.projectId) throw invalidMapping(`failed to get snapshot ${id}`)
    return newDisk(device, {
      ...base,
      source: {
        kind,
        id,
        sizeGib: asNumber(mapping.volume_size) ?? snapshot.sizeGib,
        typeName: asText(mapping.volume_type) ?? null,
      },
    })
  }
  const sizeGib = asNumber(mapping.volume_size)
  if (!sizeGib)
    throw bad(
      `${kind === 'image' ? 'Images' : 'Blank volumes'} ${kind === 'image' ? "with destination_type 'volume' need to have a non-zero size specified" : "(source: 'blank', dest: 'volume') need to have non-zero size"}`,
    )
  const typeName = asText(mapping.volume_type) ?? null
  if (typeName !== null && !world.volumeTypes.all().some((type) => type.name === typeName || type.id === typeName))
    throw bad(`Volume type ${typeName} could not be found.`)
  return newDisk(device, {
    ...base,
    source: { kind: kind === 'image' ? 'image' : 'blank', id: kind === 'image' ? id : null, sizeGib, typeName },
  })
}

function networksOf(call: Call, value: unknown): NetworkWish[] {
  const { world, who, version } = call
  if (version >= 37 && value === 'none') return []
  const mine = () => world.networks.where('projectId', who.projectId)
  if (version >= 37 && value === 'auto') {
    const [network] = mine()
    return network ? [{ uuid: network.id }] : []
  }
  if (value === undefined) {
    const own = mine()
    if (own.length > 1) throw conflicting('Multiple possible networks found, use a Network ID to be more specific.')
    return own.map((network) => ({ uuid: network.id }))
  }
  if (!Array.isArray(value)) throw invalidField('networks', value, `'${String(value)}' is not of type 'array'`)
  return value.filter(isObject).map((each) => {
    const port = asText(each.port)
    if (port !== undefined) {
      const found = world.ports.get(port)
      if (!found || !(who.isAdmin || found.projectId === who.projectId)) throw bad(`Port id ${port} could not be found.`)
      if (found.deviceId !== '') throw conflicting(`Port ${port} is still in use.`)
      if (found.fixedIps.length === 0) throw bad(`Port ${port} requires a FixedIP in order to be used.`)
      return { port }
    }
    const id = asText(each.uuid) ?? ''
    const network = findVisible(world, id, who.projectId, who.isAdmin)
    if (!network) throw bad(`Network ${id} could not be found.`)
    if (network.external && !network.shared && !who.isAdmin)
      throw bad(`It is not allowed to create an interface on external network ${id}`)
    if (world.subnets.where('networkId', id).length === 0)
      throw bad(`Network ${id} requires a subnet in order to boot instances on.`)
    const fixedIp = asText(each.fixed_ip)
    return { uuid: id, ...(fixedIp === undefined ? {} : { fixedIp }) }
  })
}

/** Groups by name or id; without any it is `default`, even when that is not yet there. */
function groupsOf(call: Call, value: unknown): { names: string[]; ids: string[] } {
  const { world, who } = call
  const names = asArray(value).map((each) => String(asObject(each).name))
  if (names.length === 0) return { names: ['default'], ids: [] }
  const own = world.securityGroups.where('projectId', who.projectId)
  const ids = names.map((name) => {
    const found =
      name === 'default' ? defaultGroup(world, who.projectId) : own.find((group) => group.name === name || group.id === name)
    if (!found) throw bad(`Unable to find security_group with name or id '${name}'`)
    return found.id
  })
  return { names, ids }
}

function serverGroupOf(call: Call, wanted: JsonObject): string | null {
  const hints = {
    ...asObject(wanted['OS-SCH-HNT:scheduler_hints']),
    ...asObject(call.body['os:scheduler_hints']),
    ...asObject(call.body['OS-SCH-HNT:scheduler_hints']),
  }
  const id = asText(hints.group)
  if (id === undefined) return null
  const group = call.world.serverGroups.get(id)
  if (!group || group.projectId !== call.who.projectId) throw bad(`Instance group ${id} could not be found.`)
  return id
}

// ---- update, delete
