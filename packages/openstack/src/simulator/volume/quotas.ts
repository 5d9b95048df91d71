import { asFlag, asNumber, asObject, type Call, Refusal } from '../call.ts'
import type { Route } from '../router.ts'
import type { World } from '../world.ts'
import { bad, policy, projectRoute, requireAdmin } from './answers.ts'
import type { VolumeType } from './types.ts'

const first = { volumes: 10, per_volume_gigabytes: -1, snapshots: 10, gigabytes: 1000, backups: 10, backup_gigabytes: 1000 }

export const routes: Route[] = [
  projectRoute('GET', '/os-quota-sets/:target', show),
  projectRoute('PUT', '/os-quota-sets/:target', update),
  projectRoute('DELETE', '/os-quota-sets/:target', remove),
  projectRoute('GET', '/os-quota-sets/:target/defaults', (call) => {
    readable(call)
    return { status: 200, body: { quota_set: { ...defaults(call.world), id: call.params.target } } }
  }),
  projectRoute('GET', '/limits', limits),
]

/** The limits that every project has, the last made volume type first. */
function defaults(world: World): Record<string, number> {
  const names = world.volumeTypes.all().sort((a, b) => b.createdMs - a.createdMs || (a.name < b.name ? -1 : 1))
  const perType = names.flatMap(({ name }) =>
    ['volumes', 'gigabytes', 'snapshots'].map((what) => [`${what}_${name}`, -1] as const),
  )
  return { ...first, ...Object.fromEntries(perType), groups: 10 }
}

const idOf = (projectId: string): string => `volume/${projectId}`
const limitsOf = (world: World, projectId: string): Record<string, number> => ({
  ...defaults(world),
  ...world.quotas.get(idOf(projectId))?.limits,
})

function used(world: World, projectId: string, resource: string): number {
  const volumes = world.volumes.where('projectId', projectId)
  const snapshots = world.snapshots.where('projectId', projectId)
  const [what = '', typeName] = split(resource)
  const ofType = (volumeId: string) =>
    typeName === undefined || world.volumeTypes.get(world.volumes.get(volumeId)?.typeId ?? '')?.name === typeName
  const theirs = volumes.filter((volume) => ofType(volume.id))
  const shots = snapshots.filter((snapshot) => ofType(snapshot.volumeId))
  switch (what) {
    case 'volumes':
      return theirs.length
    case 'snapshots':
      return shots.length
    case 'gigabytes':
      return [...theirs, ...shots].reduce((sum, each) => sum + each.sizeGib, 0)
    case 'backups':
      return world.backups.where('projectId', projectId).length
    case 'backup_gigabytes':
      return world.backups.where('projectId', projectId).reduce((sum, each) => sum + each.sizeGib, 0)
    default:
      return 0
  }
}

/** `gigabytes_fast` is gigabytes of the type `fast`. */
function split(resource: string): [string, string?] {
  if (resource in first || resource === 'groups') return [resource]
  const at = resource.indexOf('_')
  return [resource.slice(0, at), resource.slice(at + 1)]
}

function over(message: string): Refusal {
  return new Refusal(413, message)
}

function checkSize(world: World, projectId: string, type: VolumeType, gib: number): void {
  const limits = limitsOf(world, projectId)
  for (const name of ['gigabytes', `gigabytes_${type.name}`]) {
    const limit = limits[name] ?? -1
    const consumed = used(world, projectId, name)
    if (limit >= 0 && consumed + gib > limit)
      throw over(
        `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed ${name} quota. Requested ${gib}G, quota is ${limit}G and ${consumed}G has been consumed.`,
      )
  }
}

function checkCount(world: World, projectId: string, name: 'volumes' | 'snapshots', type: VolumeType): void {
  const limits = limitsOf(world, projectId)
  for (const resource of [name, `${name}_${type.name}`]) {
    const limit = limits[resource] ?? -1
    if (limit >= 0 && used(world, projectId, resource) + 1 > limit)
      throw over(
        name === 'volumes'
          ? `VolumeLimitExceeded: Maximum number of volumes allowed (${limit}) exceeded for quota '${resource}'.`
          : `SnapshotLimitExceeded: Maximum number of snapshots allowed (${limit}) exceeded`,
      )
  }
}

/** @throws Refusal 413 when the project may not have one more volume of this size. */
export function spendVolume(world: World, projectId: string, type: VolumeType, gib: number): void {
  const single = limitsOf(world, projectId).per_volume_gigabytes ?? -1
  if (single >= 0 && gib > single)
    throw over(`VolumeSizeExceedsLimit: Requested volume size ${gib}G is larger than maximum allowed limit ${single}G.`)
  checkSize(world, projectId, type, gib)
  checkCount(world, projectId, 'volumes', type)
}

export const spendGigabytes = checkSize

export function spendSnapshot(world: World, projectId: string, type: VolumeType, gib: number): void {
  checkSize(world, projectId, type, gib)
  checkCount(world, projectId, 'snapshots', type)
}

export function spendBackup(world: World, projectId: string, gib: number): void {
  const limits = limitsOf(world, projectId)
  const { backups = -1, backup_gigabytes: size = -1 } = limits
  if (backups >= 0 && used(world, projectId, 'backups') + 1 > backups)
    throw over(`BackupLimitExceeded: Maximum number of backups allowed (${backups}) exceeded`)
  const consumed = used(world, projectId, 'backup_gigabytes')
  if (size >= 0 && consumed + gib > size)
    throw over(
      `VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. Requested ${gib}G, quota is ${size}G and ${consumed}G has been consumed.`,
    )
}

function readable(call: Call): string {
  const target = call.params.target ?? ''
  if (!call.who.isAdmin && target !== call.who.projectId) throw policy('volume_extension:quotas:show')
  return target
}

function show(call: Call) {
  const target = readable(call)
  const limits = limitsOf(call.world, target)
  const usage = asFlag(call.query.get('usage') ?? 'false') === true
  const rows = usage
    ? Object.fromEntries(
        Object.entries(limits).map(([name, limit]) => [name, { limit, in_use: used(call.world, target, name), reserved: 0 }]),
      )
    : limits
  return { status: 200, body: { quota_set: { ...rows, id: target } } }
}

function update(call: Call) {
  requireAdmin(call, 'volume_extension:quotas:update')
  const { world } = call
  const target = call.params.target ?? ''
  const known = defaults(world)
  const asked = Object.entries(asObject(call.body.quota_set)).filter(
    ([name]) => !['tenant_id', 'id', 'skip_validation'].includes(name),
  )
  const unknown = asked.filter(([name]) => !(name in known)).map(([name]) => name)
  if (unknown.length > 0) throw bad(`Invalid input received: Bad key(s) in quota set: ${unknown.join(', ')}`)
  const limits: Record<string, number> = { ...world.quotas.get(idOf(target))?.limits }
  for (const [name, value] of asked) {
    const number = asNumber(value)
    if (number === undefined || !Number.isInteger(number)) throw bad(`${name} must be an integer`)
    if (number < -1) throw bad(`${name} must be >= -1`)
    limits[name] = number
  }
  const id = idOf(target)
  if (world.quotas.has(id)) world.quotas.update(id, { limits })
  else world.quotas.insert({ id, limits })
  return { status: 200, body: { quota_set: limitsOf(world, target) } }
}

function remove(call: Call) {
  requireAdmin(call, 'volume_extension:quotas:delete')
  call.world.quotas.remove(idOf(call.params.target ?? ''))
  return { status: 200 }
}

function limits(call: Call) {
  const { world, who } = call
  const projectId = (who.isAdmin && call.query.get('project_id')) || who.projectId
  const all = limitsOf(world, projectId)
  return {
    status: 200,
    body: {
      limits: {
        rate: [],
        absolute: {
          maxTotalVolumes: all.volumes,
          maxTotalSnapshots: all.snapshots,
          maxTotalVolumeGigabytes: all.gigabytes,
          maxTotalBackups: all.backups,
          maxTotalBackupGigabytes: all.backup_gigabytes,
          totalVolumesUsed: used(world, projectId, 'volumes'),
          totalGigabytesUsed: used(world, projectId, 'gigabytes'),
          totalSnapshotsUsed: used(world, projectId, 'snapshots'),
          totalBackupsUsed: used(world, projectId, 'backups'),
          totalBackupGigabytesUsed: used(world, projectId, 'backup_gigabytes'),
        },
      },
    },
  }
}
