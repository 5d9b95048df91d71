import { asArray, asNumber, asText, type Call, isObject, type JsonObject, Refusal } from '../call.ts'
import { uuid } from '../ids.ts'
import { nextQuery, page, sortBy, sortKeys, type Sortable } from '../lists.ts'
import { imageEvent } from '../notifications/image.ts'
import { type Route, route } from '../router.ts'
import type { Row } from '../table.ts'
import { parseTime, seconds } from '../times.ts'
import type { World } from '../world.ts'

export interface Image extends Row {
  name: string | null
  status: 'queued' | 'saving' | 'uploading' | 'importing' | 'active' | 'deactivated' | 'killed' | 'deleted'
  visibility: 'public' | 'private' | 'shared' | 'community'
  ownerId: string
  sizeBytes: number | null
  virtualSizeBytes: number | null
  checksum: string | null
  sha512: string | null
  diskFormat: string | null
  containerFormat: string | null
  minRamMib: number
  minDiskGib: number
  protected: boolean
  hidden: boolean
  properties: Record<string, string>
  tags: string[]
  stored: boolean
  createdMs: number
  updatedMs: number
}

export interface ImageMember extends Row {
  imageId: string
  memberId: string
  status: 'pending' | 'accepted' | 'rejected'
  createdMs: number
  updatedMs: number
}

export const routes: Route[] = [
  route('GET', '/v2/images', listImages),
  route('POST', '/v2/images', createImage),
  route('GET', '/v2/images/:image', (call) => ({ status: 200, body: imageView(visibleImage(call)) })),
  route('PATCH', '/v2/images/:image', patchImage),
  route('DELETE', '/v2/images/:image', deleteImage),
  route('PUT', '/v2/images/:image/tags/:tag', (call) => tag(call, true)),
  route('DELETE', '/v2/images/:image/tags/:tag', (call) => tag(call, false)),
  route('POST', '/v2/images/:image/actions/deactivate', (call) => activate(call, false)),
  route('POST', '/v2/images/:image/actions/reactivate', (call) => activate(call, true)),
]

const cluster = '4b0c6b8e-8d1d-4d8e-9c55-0a6f3f6d2b11'
const diskFormats = ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop']
const containerFormats = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed']
const visibilities = ['public', 'private', 'shared', 'community', 'all']
/** Properties of an image that are not its custom ones. */
const baseNames = new Set([
  'id',
  'name',
  'status',
  'visibility',
  'owner',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'disk_format',
  'container_format',
  'min_ram',
  'min_disk',
  'protected',
  'os_hidden',
  'tags',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
  'direct_url',
  'locations',
  'stores',
])
const readOnly = new Set([
  'id',
  'status',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
  'direct_url',
  'stores',
])

export const imageView = (image: Image) => ({
  ...image.properties,
  name: image.name,
  disk_format: image.diskFormat,
  container_format: image.containerFormat,
  visibility: image.visibility,
  size: image.sizeBytes,
  virtual_size: image.virtualSizeBytes,
  status: image.status,
  checksum: image.checksum,
  protected: image.protected,
  min_ram: image.minRamMib,
  min_disk: image.minDiskGib,
  owner: image.ownerId,
  os_hidden: image.hidden,
  os_hash_algo: image.sha512 === null ? null : 'sha512',
  os_hash_value: image.sha512,
  id: image.id,
  created_at: seconds(image.createdMs),
  updated_at: seconds(image.updatedMs),
  ...(image.stored ? { direct_url: `rbd://${cluster}/images/${image.id}/snap` } : {}),
  tags: image.tags,
  self: `/v2/images/${image.id}`,
  file: `/v2/images/${image.id}/file`,
  schema: '/v2/schemas/image',
  ...(image.stored ? { stores: 'rbd' } : {}),
})

const shared = (world: World, image: Image, projectId: string): ImageMember | undefined =>
  world.imageMembers.where('imageId', image.id).find((member) => member.memberId === projectId)

/** Whether a project may use the image: its own, public, community, or shared with it. */
export function canSee(world: World, image: Image, projectId: string, isAdmin: boolean): boolean {
  if (isAdmin || image.ownerId === projectId || image.visibility === 'public' || image.visibility === 'community') return true
  return image.visibility === 'shared' && shared(world, image, projectId) !== undefined
}

export function visibleImage(call: Call, message?: string): Image {
  const id = call.params.image ?? ''
  const image = call.world.images.get(id)
  if (!image || !canSee(call.world, image, call.who.projectId, call.who.isAdmin))
    throw new Refusal(404, message ?? `No image found with ID ${id}`)
  return image
}

/** An image that the caller may change. */
export function ownImage(call: Call, refusal: string): Image {
  const image = visibleImage(call)
  if (!call.who.isAdmin && image.ownerId !== call.who.projectId) throw new Refusal(403, refusal)
  return image
}

/** Whether the image is in an ordinary list of the project. */
function isListed(call: Call, image: Image, visibility: string | null): boolean {
  const { world, who, query } = call
  if (visibility !== null && visibility !== 'all' && image.visibility !== visibility) return false
  if (who.isAdmin && visibility !== 'community')
    return visibility === 'all' || image.visibility !== 'community' || image.ownerId === who.projectId
  if (image.ownerId === who.projectId || image.visibility === 'public') return true
  if (image.visibility === 'community') return visibility === 'community' || visibility === 'all'
  if (image.visibility !== 'shared') return false
  const wanted = query.get('member_status') ?? 'accepted'
  const member = shared(world, image, who.projectId)
  return member !== undefined && (wanted === 'all' || member.status === wanted)
}

const readers: Record<string, (image: Image) => Sortable> = {
  name: (image) => image.name,
  status: (image) => image.status,
  disk_format: (image) => image.diskFormat,
  container_format: (image) => image.containerFormat,
  size: (image) => image.sizeBytes,
  id: (image) => image.id,
  created_at: (image) => image.createdMs,
  updated_at: (image) => image.updatedMs,
  owner: (image) => image.ownerId,
  min_ram: (image) => image.minRamMib,
  min_disk: (image) => image.minDiskGib,
  checksum: (image) => image.checksum,
}

function listImages(call: Call) {
  const { world, query } = call
  const visibility = query.get('visibility')
  if (visibility !== null && !visibilities.includes(visibility)) throw new Refusal(400, `Invalid visibility value: ${visibility}`)
  const limitText = query.get('limit')
  const limit = limitText === null ? 25 : Number(limitText)
  if (!Number.isInteger(limit) || limit < 0) throw new Refusal(400, 'limit param must be an integer')
  const listed = world.images.all().filter((image) => isListed(call, image, visibility) && matches(image, query))
  const keys = sortKeys(query, [['created_at', true]])
  const unknown = keys.find(([key]) => !(key in readers))
  if (unknown)
    throw new Refusal(
      400,
      `Invalid sort key: ${unknown[0]}. It must be one of the following: ${Object.keys(readers).join(', ')}.`,
    )
  const sorted = sortBy(listed.reverse(), [
    ...keys.map(([key, descending]) => ({ read: readers[key] as (image: Image) => Sortable, descending })),
  ])
  const { rows, more } = page(
    sorted,
    query.get('marker'),
    Math.min(limit, 1000),
    (marker) => new Refusal(400, `No image found with ID ${marker}`),
  )
  const last = rows.at(-1)
  const own = new URLSearchParams(query)
  own.delete('marker')
  return {
    status: 200,
    body: {
      images: rows.map(imageView),
      first: own.size === 0 ? '/v2/images' : `/v2/images?${own}`,
      schema: '/v2/schemas/images',
      ...(more && last ? { next: `/v2/images?${nextQuery(query, last.id)}` } : {}),
    },
  }
}

const controls = new Set(['limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'visibility', 'member_status'])

function matches(image: Image, query: URLSearchParams): boolean {
  if (!query.has('os_hidden') && image.hidden) return false
  for (const [name, wanted] of query) {
    if (controls.has(name)) continue
    if (name === 'tag') {
      if (!image.tags.includes(wanted)) return false
    } else if (name === 'os_hidden' || name === 'protected') {
      if (String(name === 'protected' ? image.protected : image.hidden) !== wanted.toLowerCase()) return false
    } else if (name === 'size_min') {
      if ((image.sizeBytes ?? 0) < Number(wanted)) return false
    } else if (name === 'size_max') {
      if ((image.sizeBytes ?? 0) > Number(wanted)) return false
    } else if (name === 'created_at' || name === 'updated_at') {
      if (!inTime(name === 'created_at' ? image.createdMs : image.updatedMs, wanted)) return false
    } else {
      const actual = name in readers ? String(readers[name]?.(image) ?? '') : (image.properties[name] ?? '')
      const options = wanted.startsWith('in:')
        ? wanted
            .slice(3)
            .split(',')
            .map((part) => part.replace(/^"|"$/g, ''))
        : [wanted]
      if (!options.includes(actual)) return false
    }
  }
  return true
}

function inTime(ms: number, wanted: string): boolean {
  const [, operator = 'eq', text = ''] = /^(?:(lt|lte|gt|gte|eq|neq):)?(.*)$/.exec(wanted) ?? []
  const at = parseTime(text)
  if (at === undefined) throw new Refusal(400, `Invalid time format: ${text}`)
  const own = Math.floor(ms / 1000) * 1000
  return { lt: own < at, lte: own <= at, gt: own > at, gte: own >= at, eq: own === at, neq: own !== at }[operator] ?? false
}

/** @throws Refusal 400 or 403 for what the schema or the policy does not allow. */
function checked(call: Call, name: string, value: unknown): unknown {
  const schema = (message: string) => new Refusal(400, `Provided object does not match schema 'image': ${message}`)
  if (readOnly.has(name)) throw new Refusal(403, `Attribute '${name}' is read-only.`)
  if (name === 'disk_format' && value !== null && !diskFormats.includes(String(value)))
    throw schema(`'${String(value)}' is not one of [None, ${quoted(diskFormats)}]`)
  if (name === 'container_format' && value !== null && !containerFormats.includes(String(value)))
    throw schema(`'${String(value)}' is not one of [None, ${quoted(containerFormats)}]`)
  if (name === 'visibility') {
    if (!visibilities.slice(0, 4).includes(String(value)))
      throw schema(`'${String(value)}' is not one of ['community', 'public', 'private', 'shared']`)
    if (value === 'public' && !call.who.isAdmin)
      throw new Refusal(403, 'You are not authorized to complete publicize_image action.')
  }
  if ((name === 'min_ram' || name === 'min_disk') && (typeof value !== 'number' || value < 0))
    throw schema(`${String(value)} is not of type 'integer'`)
  if (name === 'owner' && !call.who.isAdmin && value !== call.who.projectId)
    throw new Refusal(403, `You are not permitted to create images owned by '${String(value)}'.`)
  if (!baseNames.has(name) && typeof value !== 'string') throw schema(`${String(value)} is not of type 'string'`)
  return value
}

const quoted = (names: string[]): string => names.map((name) => `'${name}'`).join(', ')

function applied(image: Image, name: string, value: unknown): Image {
  switch (name) {
    case 'name':
      return { ...image, name: asText(value) ?? null }
    case 'visibility':
      return { ...image, visibility: value as Image['visibility'] }
    case 'owner':
      return { ...image, ownerId: String(value) }
    case 'disk_format':
      return { ...image, diskFormat: asText(value) ?? null }
    case 'container_format':
      return { ...image, containerFormat: asText(value) ?? null }
    case 'min_ram':
      return { ...image, minRamMib: asNumber(value) ?? 0 }
    case 'min_disk':
      return { ...image, minDiskGib: asNumber(value) ?? 0 }
    case 'protected':
      return { ...image, protected: value === true }
    case 'os_hidden':
      return { ...image, hidden: value === true }
    case 'tags':
      return { ...image, tags: [...new Set(asArray(value).map(String))] }
    default:
      return { ...image, properties: { ...image.properties, [name]: String(value) } }
  }
}

export function newImage(world: World, ownerId: string, id: string = uuid()): Image {
  return {
    id,
    name: null,
    status: 'queued',
    visibility: 'shared',
    ownerId,
    sizeBytes: null,
    virtualSizeBytes: null,
    checksum: null,
    sha512: null,
    diskFormat: null,
    containerFormat: null,
    minRamMib: 0,
    minDiskGib: 0,
    protected: false,
    hidden: false,
    properties: {},
    tags: [],
    stored: false,
    createdMs: world.nowMs,
    updatedMs: world.nowMs,
  }
}

function createImage(call: Call) {
  const { world, who, body } = call
  const id = asText(body.id)
  if (id !== undefined && world.images.has(id)) throw new Refusal(409, `Image ID ${id} already exists!`)
  let image = newImage(world, who.projectId, id)
  for (const [name, value] of Object.entries(body)) if (name !== 'id') image = applied(image, name, checked(call, name, value))
  world.images.insert(image)
  imageEvent(world, 'create', image)
  return {
    status: 201,
    headers: {
      Location: `${call.base}/v2/images/${image.id}`,
      'Openstack-Image-Import-Methods': 'glance-direct,web-download,copy-image',
      'Openstack-Image-Store-Ids': 'rbd',
    },
    body: imageView(image),
  }
}

interface PatchStep {
  op: string
  path: string
  value: unknown
}

function patchSteps(call: Call): PatchStep[] {
  const type = (call.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  if (!/^application\/openstack-images-v2\.[01]-json-patch$/.test(type))
    throw new Refusal(415, `The request media type ${type} is not supported by this server.`, {
      headers: { 'Accept-Patch': 'application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch' },
    })
  const steps: unknown = JSON.parse(call.raw.toString('utf8'))
  if (!Array.isArray(steps)) throw new Refusal(400, 'Request body must be a JSON array of operation objects.')
  return steps.map((step: unknown) => {
    if (!isObject(step)) throw new Refusal(400, 'Operations must be JSON objects.')
    const op = asText(step.op) ?? ['add', 'replace', 'remove'].find((name) => name in step)
    const path = asText(step.path) ?? asText((step as JsonObject)[op ?? ''])
    if (op === undefined || path === undefined) throw new Refusal(400, 'Unable to find "op" in JSON Schema change')
    return { op, path: path.replace(/^\//, '').replaceAll('~1', '/').replaceAll('~0', '~'), value: step.value }
  })
}

function patchImage(call: Call) {
  const steps = patchSteps(call)
  let image = ownImage(call, `You are not permitted to modify this image.`)
  for (const { op, path, value } of steps) {
    if (op === 'remove') {
      if (baseNames.has(path)) throw new Refusal(403, `Property ${path} may not be removed.`)
      if (!(path in image.properties)) throw new Refusal(409, `Property ${path} does not exist.`)
      const { [path]: _gone, ...properties } = image.properties
      image = { ...image, properties }
    } else {
      if (op === 'replace' && !baseNames.has(path) && !(path in image.properties))
        throw new Refusal(409, `Property ${path} does not exist.`)
      image = applied(image, path, checked(call, path, value))
    }
  }
  const { world } = call
  const updated = world.images.update(image.id, { ...image, updatedMs: world.nowMs })
  imageEvent(world, 'update', updated)
  return { status: 200, body: imageView(updated) }
}

function deleteImage(call: Call) {
  const id = call.params.image ?? ''
  const image = visibleImage(call, `Failed to find image ${id} to delete`)
  if (!call.who.isAdmin && image.ownerId !== call.who.projectId) throw new Refusal(403, 'You do not own this image')
  if (image.protected) throw new Refusal(403, `Image ${id} is protected and cannot be deleted.`)
  const { world } = call
  // A clone of the image's snapshot in Ceph keeps it: Glance then answers 409 and the image stays.
  const used = world.volumes.find((volume) => volume.imageId === id && volume.status !== 'error' && volume.clonesImage)
  if (used)
    throw new Refusal(
      409,
      `Image ${id} could not be deleted because it is in use: The image cannot be deleted because it is in use through the backend store outside of Glance.`,
    )
  world.images.remove(id)
  for (const member of world.imageMembers.where('imageId', id)) world.imageMembers.remove(member.id)
  imageEvent(world, 'delete', { ...image, status: 'deleted' })
  return { status: 204, headers: { 'Content-Type': 'text/html; charset=UTF-8' } }
}

function tag(call: Call, wanted: boolean) {
  const image = ownImage(call, 'You are not permitted to modify tags on this image.')
  const name = call.params.tag ?? ''
  if (!wanted && !image.tags.includes(name)) throw new Refusal(404, 'The resource could not be found.')
  const others = image.tags.filter((each) => each !== name)
  call.world.images.update(image.id, { tags: wanted ? [...others, name] : others, updatedMs: call.world.nowMs })
  return { status: 204, headers: { 'Content-Type': 'text/html; charset=UTF-8' } }
}

function activate(call: Call, active: boolean) {
  const image = ownImage(call, `You are not authorized to complete ${active ? 'reactivate' : 'deactivate'} action.`)
  if (image.status !== 'active' && image.status !== 'deactivated')
    throw new Refusal(403, `Not allowed to ${active ? 'reactivate' : 'deactivate'} image in status '${image.status}'`)
  call.world.images.update(image.id, { status: active ? 'active' : 'deactivated', updatedMs: call.world.nowMs })
  return { status: 204, headers: { 'Content-Type': 'text/html; charset=UTF-8' } }
}
