import { randomUUID } from 'node:crypto'
import { collections } from '../neutron/collections.ts'
import { prepared } from '../neutron-server/attributes.ts'
import type { NeutronAnswer, NeutronCall } from './differences.ts'

type Resource = Record<string, unknown>

/**
 * What a Neutron would have answered to a change that it is not asked for (a fault `silent-ok`): what is there is read, and what was wished is laid
 * over it. Checks beyond those of one body, such as overlaps and what is in use, are not made. What is not there is answered as the Neutron does.
 */
export async function answerWithoutActing(
  call: NeutronCall,
  projectId: string,
  read: (path: string) => Promise<NeutronAnswer>,
): Promise<NeutronAnswer> {
  const [, , first = '', id, action] = call.path.replace(/\/$/, '').split('/')
  const collection = first.replace(/\.json$/, '')
  const kind = collection === 'quotas' ? 'quota' : (collections[collection] ?? collection)
  const wish = (call.body ?? {}) as Resource
  const one = (wish[kind] ?? {}) as Resource
  if (call.method === 'POST') {
    const many = wish[`${kind}s`]
    if (!Array.isArray(many)) return { status: 201, body: { [kind]: made(kind, one, projectId) } }
    return { status: 201, body: { [`${kind}s`]: many.map((item: Resource) => made(kind, item, projectId)) } }
  }
  const there = await read(`/v2.0/${first}/${id ?? ''}`)
  if (there.status !== 200) return there
  if (call.method === 'DELETE') return { status: 204 }
  if (action?.endsWith('_router_interface')) {
    const { subnet_id = null, port_id = randomUUID() } = wish
    return { status: 200, body: { id, tenant_id: projectId, subnet_id, port_id } }
  }
  if (action !== undefined) return { status: 200, body: call.body }
  return { status: 200, body: { [kind]: { ...((there.body as Resource)[kind] as Resource), ...one } } }
}

const made = (kind: string, wish: Resource, projectId: string): Resource => ({
  id: randomUUID(),
  status: kind === 'port' || kind === 'floatingip' ? 'DOWN' : 'ACTIVE',
  ...prepared(kind, wish, { projectId, isAdmin: true }, true),
  ...(kind === 'network' ? { subnets: [] } : {}),
  ...(kind === 'port' ? { fixed_ips: [] } : {}),
})
