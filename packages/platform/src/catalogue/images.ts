import { type Image, routes } from '@straylight/api'
import { type Clock, isId } from '@straylight/kit'
import type { Image as CloudImage } from '@straylight/openstack'
import type { Cloud } from '../foundation/cloud/index.ts'
import type { Db, Tx } from '../foundation/db.ts'
import { type Handler, handle } from '../foundation/handler.ts'
import { pageOf } from '../foundation/lists.ts'

declare module '../foundation/db.ts' {
  interface Tables {
    image: ImageRow
  }
}

export interface ImageRow {
  /** The id that Glance gave it. */
  id: string
  name: string
  distribution: string
  os_family: string
  version: string
  min_disk_gib: number
  min_ram_gib: number
  available: boolean
  seen_at: Date
}

export const imageById = (db: Db | Tx, id: string) =>
  db.selectFrom('image').selectAll().where('id', '=', id).where('available', '=', true).executeTakeFirst()
export const imagesByIds = (db: Db | Tx, ids: string[]) =>
  ids.length === 0 ? Promise.resolve([]) : db.selectFrom('image').selectAll().where('id', 'in', ids).execute()

export const operationSystem = (row: ImageRow) => ({
  distribution: row.distribution,
  os_family: row.os_family,
  version: row.version,
})

const toApi = (row: ImageRow): Image => ({
  id: row.id,
  name: row.name,
  operation_system: operationSystem(row),
  min_disk: row.min_disk_gib,
  min_ram: row.min_ram_gib,
})

/** Glance's well-known properties say what an image holds: https://docs.openstack.org/glance/latest/admin/useful-image-properties.html */
function fromGlance(image: CloudImage, seenAt: Date): ImageRow {
  const bytes = image.virtualSizeBytes ?? image.sizeBytes ?? 0
  return {
    id: image.id,
    name: image.name,
    distribution: image.properties.os_distro ?? image.name.split(/[\s-]/)[0]?.toLowerCase() ?? 'unknown',
    os_family: image.properties.os_type ?? 'linux',
    version: image.properties.os_version ?? '',
    min_disk_gib: Math.max(1, image.minDiskGib, Math.ceil(bytes / 1024 ** 3)),
    min_ram_gib: Math.max(1, Math.ceil(image.minRamMib / 1024)),
    available: true,
    seen_at: seenAt,
  }
}

/** Copies the list of public images; one that is gone stays known to the servers made from it, and is offered no more. */
export async function syncImages({ db, cloud, clock }: { db: Db; cloud: Cloud; clock: Clock }): Promise<number> {
  const now = clock.now()
  const found = (await cloud.admin.images.list({ status: 'active' }).all())
    .filter((image) => image.visibility === 'public' && !image.isHidden && isId(image.id))
    .map((image) => fromGlance(image, now))
  await db.transaction().execute(async (tx) => {
    for (const row of found)
      await tx
        .insertInto('image')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute()
    await tx.updateTable('image').set({ available: false }).where('seen_at', '<', now).execute()
  })
  return found.length
}

export const imageRoutes = (): Handler[] => [
  handle(routes.imagesList, async ({ db, query }) => {
    const rows = await db.selectFrom('image').selectAll().where('available', '=', true).orderBy('name').execute()
    return { data: pageOf(rows.map(toApi), query) }
  }),
]
