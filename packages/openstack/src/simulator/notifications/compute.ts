import { instanceName, portsOf, type Server } from '../compute/server.ts'
import { databaseTime, microseconds, seconds } from '../times.ts'
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
      () => ({ ...legacyPayload(world, server), ...facts }),
      options,
    )
  if (versioned)
    world.notify(
      'nova',
      `instance.${versioned}`,
      `nova-${from}:lab`,
      () => object('InstanceActionPayload', '1.8', { ...versionedFacts, ...versionedPayload(world, server) }),
      { ...options, versioned: true },
    )
}

/** Sent at each change of state or task. */
export function instanceUpdate(world: World, before: Server, after: Server): void {
  world.notify('nova', 'compute.instance.update', 'conductor.lab', () => ({
    ...legacyPayload(world, after),
    old_state: before.vmState,
    old_task_state: before.taskState,
    new_task_state: after.taskState,
    ...(before.name === after.name ? {} : { old_display_name: before.name }),
    audit_period_beginning: microseconds(Math.floor(world.nowMs / 3_600_000) * 3_600_000),
    audit_period_ending: microseconds(world.nowMs),
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
        audit_period: object('AuditPeriodPayload', '1.0', {
          audit_period_beginning: seconds(Math.floor(world.nowMs / 3_600_000) * 3_600_000),
          audit_period_ending: seconds(world.nowMs),
        }),
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
    fixed_ips: fixedIps(world, server),
    image_meta: { base_image_ref: server.imageId ?? '' },
    metadata: server.metadata,
  }
}

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
    tags: server.tags,
    instance_name: instanceName(server),
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
    flavor: object('FlavorPayload', '1.4', {
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
    }),
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
