import { type EmbeddedFlavor, instanceName, portsOf, type Server } from '../compute/server.ts'
import { databaseTime, microseconds, seconds, spaced } from '../times.ts'
import type { World } from '../world.ts'
import type { NoticeContext } from './envelope.ts'

/** A versioned notification of Nova that is not about an instance. */
export const computeNotice = (world: World, event: string, binary: string, payload: () => unknown): void =>
  world.notify('nova', event, `${binary}:lab`, payload, { versioned: true })

export interface InstanceNotice {
  /** After `compute.instance.`: `create.end`. */
  legacy?: string
  /** After `instance.`, where it differs: `volume_attach.end`. */
  versioned?: string
  /** Which part of Nova says it. */
  from?: 'compute' | 'conductor' | 'api'
  /** Beside what all say. */
  facts?: Record<string, unknown>
  versionedFacts?: Record<string, unknown>
  context?: NoticeContext
}

/** Tells the world in both of Nova's forms, old and versioned. */
export function instanceEvent(world: World, server: Server, notice: InstanceNotice): void {
  const { legacy, versioned = legacy, from = 'compute', facts = {}, versionedFacts = {}, context } = notice
  const options = context ? { context } : {}
  if (legacy)
    world.notify(
      'nova',
      `compute.instance.${legacy}`,
      `${from}.lab`,
      () => ({ ...legacyPayload(world, server), ...legacyFacts(world, server, legacy), ...facts }),
      options,
    )
  if (versioned)
    world.notify(
      'nova',
      `instance.${versioned}`,
      `nova-${from}:lab`,
      () => {
        const [name, version] = payloadName(versioned)
        return object(name, version, {
          ...createFacts(world, server, versioned),
          ...versionedFacts,
          ...versionedPayload(world, server),
        })
      },
      { ...options, versioned: true },
    )
}

/** Which of Nova's payloads carries an event; each adds a little to the common one. */
function payloadName(event: string): [name: string, version: string] {
  if (event.startsWith('create')) return ['InstanceCreatePayload', '1.12']
  if (event.startsWith('exists')) return ['InstanceExistsPayload', '2.0']
  if (event.startsWith('resize_prep')) return ['InstanceActionResizePrepPayload', '1.3']
  if (event.startsWith('rebuild')) return ['InstanceActionRebuildPayload', '1.9']
  if (event.startsWith('volume')) return ['InstanceActionVolumePayload', '1.6']
  return ['InstanceActionPayload', '1.8']
}

/** Addresses are told when a server is up (again), the image's name when it is built. */
function legacyFacts(world: World, server: Server, event: string): Record<string, unknown> {
  const root = server.disks.find((disk) => disk.bootIndex === 0)
  const imageId = server.imageId ?? root?.source?.id ?? world.volumes.get(root?.volumeId ?? '')?.imageId ?? ''
  return {
    ...(/^((create|rebuild|resize\.confirm)\.end|(finish_)?resize\.(start|end))$/.test(event)
      ? { fixed_ips: fixedIps(world, server) }
      : {}),
    ...(/^(create\.start|rebuild\.(start|end))$/.test(event) ? { image_name: world.images.get(imageId)?.name ?? '' } : {}),
    ...(event === 'exists' ? period(world, (ms) => spaced(ms)) : {}),
  }
}

/** The hour that is being counted, up to now. */
const period = (world: World, form: (ms: number) => string) => ({
  audit_period_beginning: form(Math.floor(world.nowMs / 3_600_000) * 3_600_000),
  audit_period_ending: form(world.nowMs),
})

function createFacts(world: World, server: Server, event: string): Record<string, unknown> {
  if (event === 'exists') return { audit_period: object('AuditPeriodPayload', '1.0', period(world, seconds)) }
  if (event.startsWith('rebuild')) return { trusted_image_certificates: null }
  if (!event.startsWith('create')) return {}
  const key = world.keypairs.get(`${server.userId}/${server.keyName}`)
  return {
    keypairs: key
      ? [
          object('KeypairPayload', '1.0', {
            user_id: key.userId,
            name: key.name,
            fingerprint: key.fingerprint,
            public_key: key.publicKey,
            type: key.type,
          }),
        ]
      : [],
    tags: server.tags,
    trusted_image_certificates: null,
    instance_name: instanceName(server),
  }
}

/** Sent at each change of state or task. */
export function instanceUpdate(world: World, before: Server, after: Server): void {
  world.notify('nova', 'compute.instance.update', 'conductor.lab', () => ({
    ...legacyPayload(world, after),
    old_state: before.vmState,
    old_task_state: before.taskState,
    new_task_state: after.taskState,
    ...(before.name === after.name ? {} : { old_display_name: before.name }),
    ...period(world, microseconds),
  }))
  world.notify(
    'nova',
    'instance.update',
    'nova-conductor:lab',
    () =>
      object('InstanceUpdatePayload', '2.0', {
        state_update: object('InstanceStateUpdatePayload', '1.0', {
          old_state: before.vmState,
          state: after.vmState,
          old_task_state: before.taskState,
          new_task_state: after.taskState,
        }),
        audit_period: object('AuditPeriodPayload', '1.0', period(world, seconds)),
        tags: after.tags,
        old_display_name: before.name === after.name ? null : before.name,
        ...versionedPayload(world, after),
      }),
    { versioned: true },
  )
}

const object = (name: string, version: string, data: Record<string, unknown>) => ({
  'nova_object.name': name,
  'nova_object.namespace': 'nova',
  'nova_object.version': version,
  'nova_object.data': data,
})

function legacyPayload(world: World, server: Server): Record<string, unknown> {
  const { flavor } = server
  return {
    tenant_id: server.projectId,
    user_id: server.userId,
    instance_id: server.id,
    display_name: server.name,
    reservation_id: server.reservationId,
    hostname: server.hostname,
    instance_type: flavor.name,
    instance_type_id: 1,
    instance_flavor_id: flavor.flavorId,
    architecture: null,
    memory_mb: flavor.ramMib,
    disk_gb: flavor.diskGib + flavor.ephemeralGib,
    vcpus: flavor.vcpus,
    root_gb: flavor.diskGib,
    ephemeral_gb: flavor.ephemeralGib,
    host: server.hostName,
    node: server.hostName,
    availability_zone: server.availabilityZone ?? 'nova',
    cell_name: '',
    created_at: `${databaseTime(server.createdMs).slice(0, 19).replace('T', ' ')}+00:00`,
    terminated_at: server.terminatedMs === null ? '' : microseconds(server.terminatedMs),
    deleted_at: server.deleted && server.terminatedMs !== null ? databaseTime(server.terminatedMs) : '',
    launched_at: server.launchedMs === null ? '' : databaseTime(server.launchedMs),
    image_ref_url: `${world.url}/image/images/${server.imageId ?? ''}`,
    os_type: 'linux',
    kernel_id: '',
    ramdisk_id: '',
    state: server.vmState,
    state_description: server.taskState ?? '',
    progress: '',
    access_ip_v4: null,
    access_ip_v6: null,
    image_meta: { base_image_ref: server.imageId ?? '' },
    metadata: server.metadata,
  }
}

export const flavorPayload = (flavor: EmbeddedFlavor) =>
  object('FlavorPayload', '1.4', {
    flavorid: flavor.flavorId,
    memory_mb: flavor.ramMib,
    vcpus: flavor.vcpus,
    root_gb: flavor.diskGib,
    ephemeral_gb: flavor.ephemeralGib,
    name: flavor.name,
    swap: flavor.swapMib,
    rxtx_factor: 1,
    vcpu_weight: 0,
    disabled: false,
    is_public: true,
    extra_specs: flavor.extraSpecs,
    projects: null,
    description: null,
  })

const fixedIps = (world: World, server: Server) =>
  portsOf(world, server).flatMap((port) =>
    port.fixedIps.map(({ ip_address: address }) => ({
      address,
      type: 'fixed',
      version: address.includes(':') ? 6 : 4,
      meta: {},
      floating_ips: [],
      label: world.networks.get(port.networkId)?.name ?? '',
      vif_mac: port.mac,
    })),
  )

const powerNames: Record<number, string> = {
  0: 'pending',
  1: 'running',
  3: 'paused',
  4: 'shutdown',
  6: 'crashed',
  7: 'suspended',
}

function versionedPayload(world: World, server: Server): Record<string, unknown> {
  const { flavor, fault } = server
  return {
    fault: fault
      ? object('ExceptionPayload', '1.1', {
          exception: 'NoValidHost',
          exception_message: fault.message,
          function_name: 'build_instances',
          module_name: 'nova.conductor.manager',
          traceback: fault.details,
        })
      : null,
    request_id: server.requestId,
    uuid: server.id,
    user_id: server.userId,
    tenant_id: server.projectId,
    reservation_id: server.reservationId,
    display_name: server.name,
    display_description: server.description,
    host_name: server.hostname,
    host: server.hostName,
    node: server.hostName,
    os_type: 'linux',
    architecture: null,
    availability_zone: server.availabilityZone ?? 'nova',
    flavor: flavorPayload(flavor),
    image_uuid: server.imageId ?? '',
    key_name: server.keyName,
    kernel_id: '',
    ramdisk_id: '',
    created_at: seconds(server.createdMs),
    launched_at: server.launchedMs === null ? null : seconds(server.launchedMs),
    terminated_at: server.terminatedMs === null ? null : seconds(server.terminatedMs),
    deleted_at: server.deleted && server.terminatedMs !== null ? seconds(server.terminatedMs) : null,
    updated_at: seconds(server.updatedMs),
    state: server.vmState,
    power_state: powerNames[server.powerState] ?? 'pending',
    task_state: server.taskState,
    progress: 0,
    ip_addresses: portsOf(world, server).flatMap((port) =>
      port.fixedIps.map(({ ip_address: address }) =>
        object('IpPayload', '1.0', {
          label: world.networks.get(port.networkId)?.name ?? '',
          mac: port.mac,
          meta: {},
          port_uuid: port.id,
          version: address.includes(':') ? 6 : 4,
          address,
          device_name: `tap${port.id.slice(0, 11)}`,
        }),
      ),
    ),
    block_devices: server.disks.flatMap((disk) =>
      disk.volumeId === null
        ? []
        : [
            object('BlockDevicePayload', '1.0', {
              device_name: disk.device,
              boot_index: disk.bootIndex,
              delete_on_termination: disk.deleteOnTermination,
              volume_id: disk.volumeId,
              tag: disk.tag,
            }),
          ],
    ),
    metadata: server.metadata,
    locked: server.locked,
    auto_disk_config: 'MANUAL',
    action_initiator_user: server.userId,
    action_initiator_project: server.projectId,
    locked_reason: server.lockedReason,
  }
}
