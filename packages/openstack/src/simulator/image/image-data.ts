import { createHash } from 'node:crypto'
import { asObject, asText, type Call, Refusal } from '../call.ts'
import { imageEvent } from '../notifications/image.ts'
import { type Route, route } from '../router.ts'
import type { Jobs, World } from '../world.ts'
import { type Image, ownImage, visibleImage } from './images.ts'

export const routes: Route[] = [
  route('PUT', '/v2/images/:image/file', upload),
  route('GET', '/v2/images/:image/file', download),
  route('PUT', '/v2/images/:image/stage', stage),
  route('POST', '/v2/images/:image/import', importImage),
  route('GET', '/v2/info/import', () => ({
    status: 200,
    body: { 'import-methods': { description: 'Import methods available.', type: 'array', value: methods } },
  })),
  route('GET', '/v2/info/stores', () => ({ status: 200, body: { stores: [{ id: 'rbd', default: 'true' }] } })),
  route('GET', '/v2/tasks', () => ({ status: 200, body: { tasks: [], first: '/v2/tasks', schema: '/v2/schemas/tasks' } })),
]

export const jobs: Jobs = {
  'image.imported': (world, { imageId, failed }) => finishImport(world, String(imageId), failed === true),
}

const methods = ['glance-direct', 'web-download', 'copy-image']
const noContent = { status: 204, headers: { 'Content-Type': 'text/html; charset=UTF-8' } }

function facts(data: Buffer): Partial<Image> {
  return {
    sizeBytes: data.length,
    virtualSizeBytes: data.length,
    checksum: createHash('md5').update(data).digest('hex'),
    sha512: createHash('sha512').update(data).digest('hex'),
  }
}

function upload(call: Call) {
  const { world } = call
  const image = ownImage(call, 'You are not permitted to upload image data.')
  if (image.status !== 'queued') throw new Refusal(409, `Image status transition from ${image.status} to saving is not allowed`)
  if (image.diskFormat === null || image.containerFormat === null)
    throw new Refusal(400, 'Properties disk_format, container_format must be set prior to saving data.')
  imageEvent(world, 'prepare', image)
  world.imageData.set(image.id, call.raw)
  const stored = world.images.update(image.id, { ...facts(call.raw), status: 'active', stored: true, updatedMs: world.nowMs })
  imageEvent(world, 'upload', stored)
  imageEvent(world, 'activate', stored)
  return noContent
}

function download(call: Call) {
  const image = visibleImage(call)
  if (image.status === 'deactivated' && !call.who.isAdmin)
    throw new Refusal(403, 'The requested image has been deactivated. Image data download is forbidden.')
  if (!image.stored) return { status: 204 }
  const data = call.world.imageData.get(image.id)
  // Seeded images have a size and sums but no bytes.
  if (!data) return { status: 204 }
  return { status: 200, headers: { 'Content-Type': 'application/octet-stream', 'Content-Md5': image.checksum ?? '' }, body: data }
}

function stage(call: Call) {
  const image = ownImage(call, 'You are not permitted to upload image data.')
  if (image.status !== 'queued')
    throw new Refusal(409, `Image status transition from ${image.status} to uploading is not allowed`)
  call.world.imageData.set(image.id, call.raw)
  call.world.images.update(image.id, { status: 'uploading', sizeBytes: call.raw.length, updatedMs: call.world.nowMs })
  return noContent
}

function importImage(call: Call) {
  const { world } = call
  const image = ownImage(call, 'You are not permitted to import this image.')
  const method = asObject(call.body.method)
  const name = asText(method.name) ?? ''
  if (!methods.includes(name)) throw new Refusal(400, `Unknown import method name '${name}'.`)
  if (name === 'glance-direct' && image.status !== 'uploading')
    throw new Refusal(409, "Image needs to be staged before 'glance-direct' method can be used")
  if (name === 'web-download' && image.status !== 'queued')
    throw new Refusal(409, "Image needs to be in 'queued' state to use 'web-download' method")
  if (name === 'copy-image' && image.status !== 'active')
    throw new Refusal(409, 'Only images with status active can be targeted for copying')
  if (name === 'copy-image') return { status: 202, headers: { 'Content-Type': 'text/html; charset=UTF-8' } }
  const uri = asText(method.uri) ?? ''
  if (name === 'web-download' && !/^https?:\/\//.test(uri))
    throw new Refusal(400, `URI for web-download does not pass filtering: ${uri}`)
  world.images.update(image.id, {
    status: 'importing',
    properties: {
      ...image.properties,
      os_glance_importing_to_stores: 'rbd',
      os_glance_failed_import: '',
      ...(uri ? { os_glance_import_uri: uri } : {}),
    },
    updatedMs: world.nowMs,
  })
  world.later(world.duration('image.import'), image.id, 'image.imported', {
    imageId: image.id,
    failed: uri.includes('import-error'),
  })
  return { status: 202, headers: { 'Content-Type': 'text/html; charset=UTF-8' } }
}

function finishImport(world: World, id: string, failed: boolean): void {
  const image = world.images.get(id)
  if (!image) return
  const { os_glance_import_uri: uri, ...properties } = image.properties
  // A failed download leaves the image queued, to be tried again.
  if (failed || world.backgroundFault('image', 'import-image')) {
    world.images.update(id, {
      status: 'queued',
      properties: { ...properties, os_glance_importing_to_stores: '', os_glance_failed_import: 'rbd' },
      updatedMs: world.nowMs,
    })
    return
  }
  // Nothing is really downloaded: the bytes are the address.
  const data = world.imageData.get(id) ?? Buffer.from(uri ?? '')
  world.imageData.set(id, data)
  const stored = world.images.update(id, {
    ...facts(data),
    status: 'active',
    stored: true,
    properties: { ...properties, os_glance_importing_to_stores: '', os_glance_failed_import: '' },
    updatedMs: world.nowMs,
  })
  imageEvent(world, 'activate', stored)
}
