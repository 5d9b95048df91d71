import type { Image } from '../image/images.ts'
import { seconds } from '../times.ts'
import type { World } from '../world.ts'

const payload = (image: Image) => ({
  id: image.id,
  name: image.name,
  status: image.status,
  created_at: seconds(image.createdMs),
  updated_at: seconds(image.updatedMs),
  min_disk: image.minDiskGib,
  min_ram: image.minRamMib,
  protected: image.protected,
  checksum: image.checksum,
  owner: image.ownerId,
  disk_format: image.diskFormat,
  container_format: image.containerFormat,
  size: image.sizeBytes,
  virtual_size: image.virtualSizeBytes,
  is_public: image.visibility === 'public',
  visibility: image.visibility,
  properties: image.properties,
  tags: image.tags,
  deleted: image.status === 'deleted',
  deleted_at: image.status === 'deleted' ? seconds(image.updatedMs) : null,
})

export const imageEvent = (world: World, event: string, image: Image): void =>
  world.notify('glance', `image.${event}`, 'image.localhost', () => ({
    ...payload(image),
    ...(event === 'prepare' || event === 'upload' ? { os_glance_importing_to_stores: [], os_glance_failed_import: [] } : {}),
    ...(event === 'prepare' ? { status: 'saving', backend: 'rbd' } : {}),
  }))
