import { createHash } from 'node:crypto'
import { seededHexId, seededUuid } from './ids.ts'
import { assign } from './identity/roles.ts'
import { passwordDigest } from './identity/users.ts'
import { newImage } from './image/images.ts'
import type { World } from './world.ts'

export const credentials = { username: 'portal', password: 'lab', userDomain: 'Default' } as const
export const customersDomain = 'customers'
export const adminProject = 'admin'

/** A fresh cloud: what the small real one has when nobody has used it, and images and flavors for a demonstration. */
export function seed(world: World, hosts: number): void {
  world.transaction(() => {
    seedIdentity(world)
    seedHosts(world, hosts)
    seedFlavors(world)
    seedVolumeTypes(world)
    seedImages(world)
    seedExternalNetwork(world)
  })
}

const adminProjectId = seededHexId('project', adminProject)

function seedIdentity(world: World): void {
  const domain = (id: string, name: string, description: string) => world.domains.insert({ id, name, description, enabled: true })
  const customersId = seededHexId('domain', customersDomain)
  domain('default', 'Default', 'The default domain')
  domain(customersId, customersDomain, 'one project and user per customer of the portal')
  for (const name of ['admin', 'reader', 'service', 'member'])
    world.roles.insert({ id: seededHexId('role', name), name, description: null, immutable: name !== 'service' })
  for (const [name, description] of [
    [adminProject, 'Bootstrap project for initializing the cloud.'],
    ['service', ''],
  ] as const)
    world.projects.insert({
      id: seededHexId('project', name),
      name,
      domainId: 'default',
      parentId: 'default',
      description,
      enabled: true,
      tags: [],
    })
  for (const name of ['admin', 'nova', 'neutron', 'cinder', 'glance', 'placement', 'octavia', credentials.username]) {
    const id = seededHexId('user', name)
    world.users.insert({
      id,
      name,
      domainId: 'default',
      enabled: true,
      passwordDigest: passwordDigest(id, credentials.password),
      defaultProjectId: null,
      description: null,
      email: null,
      tokensValidFromMs: null,
    })
    const role = seededHexId('role', 'admin')
    if (name === 'admin' || name === credentials.username) assign(world, role, 'user', id, 'project', adminProjectId)
    else
      for (const each of ['admin', 'service'])
        assign(world, seededHexId('role', each), 'user', id, 'project', seededHexId('project', 'service'))
    if (name === 'admin') assign(world, role, 'user', id, 'system', 'system')
    if (name === credentials.username) assign(world, role, 'user', id, 'domain', customersId)
  }
}

function seedHosts(world: World, count: number): void {
  for (let number = 1; number <= count; number++) {
    const name = `node-${number}`
    world.hosts.insert({
      id: seededUuid('host', name),
      name,
      number,
      ip: `10.255.255.${10 + number}`,
      vcpus: 32,
      ramMib: 40_960,
      diskGib: 4_000,
      vcpusUsed: 0,
      ramUsedMib: 0,
      diskUsedGib: 0,
      servers: 0,
      enabled: true,
      disabledReason: null,
      up: true,
    })
  }
}

type FlavorRow = [id: string, name: string, vcpus: number, ramMib: number, diskGib: number]

/** The first four are those of the small real cloud; the others are sizes that people would buy. */
const flavors: FlavorRow[] = [
  ['1', 't1.tiny', 1, 192, 1],
  ['2', 's1.small', 1, 256, 2],
  ['3', 's1.medium', 2, 384, 4],
  ['4', 's1.large', 2, 512, 8],
  ['11', 'c1.small', 1, 1024, 10],
  ['12', 'c1.medium', 2, 2048, 20],
  ['13', 'c1.large', 2, 4096, 40],
  ['14', 'c1.xlarge', 4, 8192, 80],
  ['15', 'c1.2xlarge', 8, 16_384, 160],
  ['16', 'm1.large', 2, 16_384, 40],
  ['17', 'm1.xlarge', 4, 32_768, 80],
]

function seedFlavors(world: World): void {
  for (const [flavorId, name, vcpus, ramMib, diskGib] of flavors)
    world.flavors.insert({
      id: seededUuid('flavor', name),
      flavorId,
      name,
      vcpus,
      ramMib,
      diskGib,
      ephemeralGib: 0,
      swapMib: 0,
      rxtxFactor: 1,
      isPublic: true,
      description: null,
      extraSpecs: {},
      projectIds: [],
      createdMs: world.nowMs,
    })
}

function seedVolumeTypes(world: World): void {
  for (const [name, description] of [
    ['__DEFAULT__', 'Default Volume Type'],
    ['standard', null],
    ['fast', null],
  ] as const)
    world.volumeTypes.insert({
      id: seededUuid('volume-type', name),
      name,
      description,
      isPublic: true,
      extraSpecs: name === '__DEFAULT__' ? {} : { volume_backend_name: 'rbd' },
      projectIds: [],
      createdMs: world.nowMs,
    })
}

interface SeedImage {
  name: string
  bytes: number
  minDiskGib: number
  minRamMib: number
  properties: Record<string, string>
  diskFormat: string
}

const gib = 1024 ** 3
const common = { os_type: 'linux', hw_rng_model: 'virtio' }

const images: SeedImage[] = [
  ...['tiny-linux', 'tiny-linux-2'].map((name) => ({
    name,
    bytes: 28_311_552,
    minDiskGib: 1,
    minRamMib: 128,
    properties: { os_distro: 'debian', ...common },
    diskFormat: 'raw',
  })),
  {
    name: 'Debian 13',
    bytes: 3 * gib,
    minDiskGib: 3,
    minRamMib: 512,
    properties: { os_distro: 'debian', os_version: '13', os_admin_user: 'debian', ...common },
    diskFormat: 'raw',
  },
  {
    name: 'Ubuntu 24.04',
    bytes: 3.5 * gib,
    minDiskGib: 4,
    minRamMib: 512,
    properties: { os_distro: 'ubuntu', os_version: '24.04', os_admin_user: 'ubuntu', ...common },
    diskFormat: 'raw',
  },
  {
    name: 'Fedora 43',
    bytes: 5 * gib,
    minDiskGib: 5,
    minRamMib: 1024,
    properties: { os_distro: 'fedora', os_version: '43', os_admin_user: 'fedora', ...common },
    diskFormat: 'raw',
  },
  {
    name: 'Rocky Linux 10',
    bytes: 9 * gib,
    minDiskGib: 10,
    minRamMib: 1024,
    properties: { os_distro: 'rocky', os_version: '10', os_admin_user: 'rocky', ...common },
    diskFormat: 'raw',
  },
]

function seedImages(world: World): void {
  for (const [i, { name, bytes, minDiskGib, minRamMib, properties, diskFormat }] of images.entries())
    world.images.insert({
      ...newImage(world, adminProjectId, seededUuid('image', name)),
      name,
      status: 'active',
      visibility: 'public',
      sizeBytes: bytes,
      virtualSizeBytes: bytes,
      checksum: createHash('md5').update(name).digest('hex'),
      sha512: createHash('sha512').update(name).digest('hex'),
      diskFormat,
      containerFormat: 'bare',
      minRamMib,
      minDiskGib,
      properties,
      stored: true,
      createdMs: world.nowMs + i,
      updatedMs: world.nowMs + i,
    })
}

export const externalNetworkId = seededUuid('network', 'public')

function seedExternalNetwork(world: World): void {
  const base = { projectId: adminProjectId, description: '', tags: [], createdMs: world.nowMs, updatedMs: world.nowMs }
  world.networks.insert({
    id: externalNetworkId,
    ...base,
    name: 'public',
    revision: 2,
    adminUp: true,
    mtu: 1500,
    shared: false,
    external: true,
    portSecurity: true,
    isDefault: false,
    networkType: 'flat',
    physicalNetwork: 'ext',
    segmentationId: null,
  })
  world.subnets.insert({
    id: seededUuid('subnet', 'public-v4'),
    ...base,
    name: 'public-v4',
    revision: 0,
    networkId: externalNetworkId,
    ipVersion: 4,
    cidr: '172.24.4.0/22',
    gatewayIp: '172.24.4.1',
    dhcp: false,
    pools: [{ start: '172.24.4.10', end: '172.24.7.250' }],
    nameservers: [],
    hostRoutes: [],
    raMode: null,
    addressMode: null,
  })
}
