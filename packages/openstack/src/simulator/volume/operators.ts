import type { Call } from '../call.ts'
import type { Route } from '../router.ts'
import { databaseTime, microseconds } from '../times.ts'
import type { World } from '../world.ts'
import { projectRoute, requireAdmin, since } from './answers.ts'

/** What the storage of the simulated cloud holds, in GiB. */
export const storageGib = 100_000

export const routes: Route[] = [
  projectRoute('GET', '/os-services', listServices),
  projectRoute('GET', '/os-availability-zone', () => ({
    status: 200,
    body: { availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true } }] },
  })),
  projectRoute('GET', '/scheduler-stats/get_pools', listPools),
  projectRoute('GET', '/extensions', () => ({
    status: 200,
    body: {
      extensions: aliases.map((alias) => ({
        name: alias,
        alias,
        description: '',
        updated: '2012-08-25T00:00:00+00:00',
        links: [],
      })),
    },
  })),
  projectRoute('GET', '/qos-specs', (call) => {
    requireAdmin(call, 'volume_extension:qos_specs_manage:get_all')
    return { status: 200, body: { qos_specs: [] } }
  }),
  projectRoute(
    'GET',
    '/group_types',
    since(11, () => ({ status: 200, body: { group_types: [] } })),
  ),
  projectRoute(
    'GET',
    '/groups',
    since(13, () => ({ status: 200, body: { groups: [] } })),
  ),
  projectRoute(
    'GET',
    '/groups/detail',
    since(13, () => ({ status: 200, body: { groups: [] } })),
  ),
]

const aliases = [
  'os-vol-image-meta',
  'os-volume-unmanage',
  'os-used-limits',
  'os-admin-actions',
  'os-availability-zone',
  'backups',
  'capabilities',
  'cgsnapshots',
  'consistencygroups',
  'os-extended-services',
  'os-extended-snapshot-attributes',
  'os-hosts',
  'qos-specs',
  'os-quota-class-sets',
  'os-quota-sets',
  'scheduler-hints',
  'OS-SCH-HNT',
  'scheduler-stats',
  'os-services',
  'os-snapshot-actions',
  'os-snapshot-manage',
  'os-snapshot-unmanage',
  'os-types-extra-specs',
  'os-types-manage',
  'os-volume-type-access',
  'os-volume-actions',
  'encryption',
  'os-vol-host-attr',
  'os-volume-manage',
  'os-vol-mig-status-attr',
  'os-vol-tenant-attr',
  'os-volume-transfer',
]

/** Services report every ten seconds. */
const reported = (world: World): string =>
  databaseTime(world.startedMs + Math.floor((world.nowMs - world.startedMs) / 10_000) * 10_000)

function listServices(call: Call) {
  requireAdmin(call, 'volume_extension:services:index')
  const common = { zone: 'nova', status: 'enabled', state: 'up', updated_at: reported(call.world), disabled_reason: null }
  const wanted = call.query.get('binary')
  const services = [
    {
      binary: 'cinder-volume',
      host: 'lab@rbd',
      ...common,
      replication_status: 'disabled',
      active_backend_id: null,
      frozen: false,
    },
    { binary: 'cinder-scheduler', host: 'lab', ...common },
    { binary: 'cinder-backup', host: 'lab', ...common },
  ]
  return { status: 200, body: { services: services.filter((each) => wanted === null || each.binary === wanted) } }
}

function listPools(call: Call) {
  requireAdmin(call, 'scheduler_extension:scheduler_stats:get_pools')
  const { world } = call
  const allocated = world.volumes.all().reduce((sum, volume) => sum + volume.sizeGib, 0)
  const capabilities = {
    vendor_name: 'Open Source',
    driver_version: '1.3.0',
    storage_protocol: 'ceph',
    total_capacity_gb: storageGib,
    // Thin volumes fill slowly: a third of what was promised is written.
    free_capacity_gb: Math.round((storageGib - allocated / 3) * 100) / 100,
    reserved_percentage: 0,
    multiattach: true,
    thin_provisioning_support: true,
    max_over_subscription_ratio: '20.0',
    location_info: 'ceph:/etc/ceph/ceph.conf:4b0c6b8e-8d1d-4d8e-9c55-0a6f3f6d2b11:openstack:volumes',
    backend_state: 'up',
    qos_support: true,
    volume_backend_name: 'rbd',
    replication_enabled: false,
    allocated_capacity_gb: allocated,
    filter_function: null,
    goodness_function: null,
    timestamp: microseconds(world.nowMs),
  }
  const detailed = ['true', 'True', '1'].includes(call.query.get('detail') ?? '')
  return { status: 200, body: { pools: [{ name: 'lab@rbd#rbd', ...(detailed ? { capabilities } : {}) }] } }
}
