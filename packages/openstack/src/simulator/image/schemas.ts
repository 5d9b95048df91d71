import { type Route, route } from '../router.ts'

export const routes: Route[] = [
  route('GET', '/v2/schemas/image', () => ({ status: 200, body: schema('image', properties) })),
  route('GET', '/v2/schemas/images', () => ({
    status: 200,
    body: { name: 'images', properties: { images: { type: 'array' } } },
  })),
  route('GET', '/v2/schemas/member', () => ({ status: 200, body: schema('member', memberProperties) })),
  route('GET', '/v2/schemas/members', () => ({
    status: 200,
    body: { name: 'members', properties: { members: { type: 'array' } } },
  })),
  route('GET', '/v2/metadefs/namespaces', () => ({
    status: 200,
    body: { namespaces: [], schema: '/v2/schemas/metadefs/namespaces', first: '/v2/metadefs/namespaces' },
  })),
]

const schema = (name: string, of: Record<string, unknown>) => ({ name, properties: of, additionalProperties: { type: 'string' } })

const text = { type: 'string' }
const maybeText = { type: ['null', 'string'] }
const computed = (of: Record<string, unknown>) => ({ ...of, readOnly: true })

/** glanceclient reads this to learn which properties of an image are its own and which are custom. */
const properties = {
  id: text,
  name: { ...maybeText, maxLength: 255 },
  status: computed({
    type: 'string',
    enum: ['queued', 'saving', 'active', 'killed', 'deleted', 'uploading', 'importing', 'pending_delete', 'deactivated'],
  }),
  visibility: { type: 'string', enum: ['community', 'public', 'private', 'shared'] },
  protected: { type: 'boolean' },
  os_hidden: { type: 'boolean' },
  checksum: computed({ ...maybeText, maxLength: 32 }),
  os_hash_algo: computed({ ...maybeText, maxLength: 64 }),
  os_hash_value: computed({ ...maybeText, maxLength: 128 }),
  owner: { ...maybeText, maxLength: 255 },
  size: computed({ type: ['null', 'integer'] }),
  virtual_size: computed({ type: ['null', 'integer'] }),
  container_format: { ...maybeText, enum: [null, 'ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'] },
  disk_format: { ...maybeText, enum: [null, 'ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'] },
  created_at: computed(text),
  updated_at: computed(text),
  tags: { type: 'array', items: { type: 'string', maxLength: 255 } },
  direct_url: computed(text),
  min_ram: { type: 'integer' },
  min_disk: { type: 'integer' },
  self: computed(text),
  file: computed(text),
  stores: computed(text),
  schema: computed(text),
}

const memberProperties = {
  member_id: text,
  image_id: text,
  created_at: text,
  updated_at: text,
  status: { type: 'string', enum: ['pending', 'accepted', 'rejected'] },
  schema: computed(text),
}
