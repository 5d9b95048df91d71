import { given } from '../service.ts'

export interface NewServer {
  name: string
  flavorId: string
  /** An existing bootable volume, or one that Nova makes from an image or a snapshot. Without it `imageId` boots from the host's disk. */
  bootVolume?: BootVolume | undefined
  imageId?: string | undefined
  /** Further volumes, in order of the guest's devices. */
  volumes?: { volumeId: string; deleteOnTermination?: boolean | undefined }[] | undefined
  /** Ports made beforehand, in order of the guest's interfaces. */
  ports?: string[] | undefined
  /** Networks on which Nova makes ports. `auto` and `none` as Nova means them. `none` when neither this nor `ports` is given. */
  networks?: 'auto' | 'none' | { networkId: string; fixedIp?: string | undefined }[] | undefined
  metadata?: Record<string, string> | undefined
  /** Of the acting user. */
  keyName?: string | undefined
  /** As the guest will read it; encoded here. At most 65,535 bytes once encoded. */
  userData?: string | Uint8Array | undefined
  /** Metadata on a small disk of its own. The hosts need `genisoimage`; without it the build fails. */
  configDrive?: boolean | undefined
  /** By name, for the ports that Nova makes itself. */
  securityGroups?: string[] | undefined
  availabilityZone?: string | undefined
  description?: string | undefined
  tags?: string[] | undefined
  adminPassword?: string | undefined
  serverGroupId?: string | undefined
  hostname?: string | undefined
}

export type BootVolume =
  | { volumeId: string; deleteOnTermination?: boolean | undefined }
  | { imageId: string; sizeGib: number; volumeType?: string | undefined; deleteOnTermination?: boolean | undefined }
  | {
      snapshotId: string
      sizeGib?: number | undefined
      volumeType?: string | undefined
      deleteOnTermination?: boolean | undefined
    }

function bootMapping(boot: BootVolume): Record<string, unknown> {
  const common = { boot_index: 0, destination_type: 'volume', delete_on_termination: boot.deleteOnTermination ?? false }
  if ('volumeId' in boot) return { ...common, source_type: 'volume', uuid: boot.volumeId }
  if ('imageId' in boot)
    return given({ ...common, source_type: 'image', uuid: boot.imageId, volume_size: boot.sizeGib, volume_type: boot.volumeType })
  return given({
    ...common,
    source_type: 'snapshot',
    uuid: boot.snapshotId,
    volume_size: boot.sizeGib,
    volume_type: boot.volumeType,
  })
}

/** The body of `POST /servers`. */
export function toNova(server: NewServer): Record<string, unknown> {
  const { bootVolume, volumes = [], ports = [], networks = 'none', userData } = server
  const mappings = [
    ...(bootVolume ? [bootMapping(bootVolume)] : []),
    // with a mapping at all, the image of the host's disk must be one too
    ...(!bootVolume && server.imageId && volumes.length > 0
      ? [{ boot_index: 0, source_type: 'image', destination_type: 'local', uuid: server.imageId, delete_on_termination: true }]
      : []),
    ...volumes.map(({ volumeId, deleteOnTermination = false }) => ({
      boot_index: -1,
      source_type: 'volume',
      destination_type: 'volume',
      uuid: volumeId,
      delete_on_termination: deleteOnTermination,
    })),
  ]
  const nics = [
    ...ports.map((port) => ({ port })),
    ...(typeof networks === 'string'
      ? []
      : networks.map(({ networkId, fixedIp }) => given({ uuid: networkId, fixed_ip: fixedIp }))),
  ]
  return {
    server: given({
      name: server.name,
      flavorRef: server.flavorId,
      imageRef: server.imageId,
      block_device_mapping_v2: mappings.length > 0 ? mappings : undefined,
      networks: nics.length > 0 ? nics : networks === 'auto' ? 'auto' : 'none',
      metadata: server.metadata,
      key_name: server.keyName,
      user_data: userData === undefined ? undefined : Buffer.from(userData).toString('base64'),
      config_drive: server.configDrive,
      security_groups: server.securityGroups?.map((name) => ({ name })),
      availability_zone: server.availabilityZone,
      description: server.description,
      tags: server.tags,
      adminPass: server.adminPassword,
      hostname: server.hostname,
    }),
    ...(server.serverGroupId === undefined ? {} : { 'os:scheduler_hints': { group: server.serverGroupId } }),
  }
}
