import type { Server } from '@straylight/api'
import { formatMicros } from '@straylight/kit'
import { type AddressRow, addressesOfServers } from '../addresses/index.ts'
import { imagesByIds, type ImageRow, operationSystem } from '../catalogue/index.ts'
import type { Db } from '../foundation/db.ts'
import { type Progress, progressOf } from '../foundation/tasks/index.ts'
import { hourMicrosOf, hoursPerMonth } from '../metering/index.ts'
import { type VolumeRow, volumesOfServers } from '../volumes/index.ts'
import type { ServerRow } from './store.ts'

/** Everything about servers in five queries, however many they are; nothing is asked of the cloud. */
export async function describeServers(db: Db, servers: ServerRow[]): Promise<Server[]> {
  const ids = servers.map(({ id }) => id)
  if (ids.length === 0) return []
  const [volumes, addresses, images, progress] = await Promise.all([
    volumesOfServers(db, ids),
    addressesOfServers(db, ids),
    imagesByIds(db, [...new Set(servers.flatMap(({ image_id }) => image_id ?? []))]),
    progressOf(db, ids),
  ])
  const hourMicros = await hourMicrosOf(db, [...ids, ...volumes.map(({ id }) => id), ...addresses.map(({ id }) => id)])
  const volumesOf = Map.groupBy(volumes, ({ server_id }) => server_id)
  const addressesOf = Map.groupBy(addresses, ({ server_id }) => server_id)
  const imageOf = new Map(images.map((image) => [image.id, image]))
  return servers.map((server) =>
    toApi(server, {
      volumes: volumesOf.get(server.id) ?? [],
      addresses: addressesOf.get(server.id) ?? [],
      image: imageOf.get(server.image_id ?? ''),
      progress: progress.get(server.id),
      hourMicros,
    }),
  )
}

interface Surroundings {
  volumes: VolumeRow[]
  addresses: AddressRow[]
  image: ImageRow | undefined
  progress: Progress | undefined
  /** What each charged thing costs an hour now, by its id. */
  hourMicros: Map<string, bigint>
}

function toApi(server: ServerRow, { volumes, addresses, image, progress, hourMicros }: Surroundings): Server {
  const hour = [server, ...volumes, ...addresses].reduce((sum, { id }) => sum + (hourMicros.get(id) ?? 0n), 0n)
  const [primary] = addresses
  return {
    id: server.id,
    name: server.name,
    project: server.project_id,
    status: server.status,
    switch_status: server.switch_status,
    created_in: server.created_at.toISOString(),
    datacenter: 'main',
    flavor: { vcpus: server.vcpus, ram: server.ram_gib, cpu_type: 'shared' },
    ...(image
      ? { image: { min_disk: image.min_disk_gib, min_ram: image.min_ram_gib, operation_system: operationSystem(image) } }
      : {}),
    addresses: addresses.map(({ id }) => id),
    ...(primary ? { primary_address: primary.id } : {}),
    disk_data: volumes.map(({ id, storage_type }) => ({ id, storage_type })),
    snapshots: [],
    guest_agent: false,
    rescue_mode: 'OFF',
    admin_key_status: 'ABSENT',
    ...(server.reason ? { reason: server.reason } : {}),
    ...(progress ? { task: progress } : {}),
    ip: [...addresses.flatMap(({ ip }) => ip ?? []), ...(server.private_ip ? [server.private_ip] : [])],
    price: { hour: formatMicros(hour), month: formatMicros(hour * hoursPerMonth) },
  }
}
