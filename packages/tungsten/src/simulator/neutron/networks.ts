import { subnetsOf } from '../address-book.ts'
import type { Body } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure } from './failure.ts'
import {
  change,
  createNamed,
  descriptionOf,
  type Filters,
  find,
  nameOf,
  passes,
  projectIds,
  projectOf,
  type Resource,
  remove,
  type Session,
  tagsOf,
  withoutDashes,
} from './session.ts'
import { subnetView } from './subnets.ts'

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/neutron_plugin_db.py (`_network_vnc_to_neutron`) */
export function networkView(session: Session, network: StoredObject): Resource {
  const subnets = (network.references.network_ipam_refs ?? []).flatMap(({ uuid, attr }) =>
    subnetsOf({ references: { network_ipam_refs: [{ uuid, attr }] } }).map((subnet) => ({
      view: subnetView(session, network, subnet),
      ipam: session.world.store.get(uuid)?.fq_name,
    })),
  )
  const provider = network.properties.provider_properties as { physical_network?: string; segmentation_id?: number } | undefined
  const policies = (network.references.network_policy_refs ?? []).map(({ uuid }) => session.world.store.get(uuid)?.fq_name)
  return {
    id: network.uuid,
    name: nameOf(network),
    tenant_id: withoutDashes(network.parent_uuid ?? ''),
    project_id: withoutDashes(network.parent_uuid ?? ''),
    admin_state_up: network.id_perms.enable,
    shared: network.properties.is_shared === true,
    status: network.id_perms.enable ? 'ACTIVE' : 'DOWN',
    'router:external': network.properties.router_external === true,
    mtu: network.properties.mtu ?? null,
    ...(provider
      ? {
          'provider:physical_network': provider.physical_network ?? null,
          'provider:segmentation_id': provider.segmentation_id ?? null,
        }
      : {}),
    ...(policies.length > 0 ? { policys: policies } : {}),
    ...tagsOf(session, network),
    subnets: subnets.map(({ view }) => view.id),
    fq_name: network.fq_name,
    ...(subnets.length > 0
      ? { subnet_ipam: subnets.map(({ view, ipam }) => ({ subnet_cidr: view.cidr, ipam_fq_name: ipam })) }
      : {}),
    port_security_enabled: network.properties.port_security_enabled ?? true,
    ...descriptionOf(network),
    created_at: network.id_perms.created,
    updated_at: network.id_perms.last_modified,
  }
}

export async function createNetwork(session: Session, wish: Resource): Promise<Resource> {
  const project = await projectOf(session, wish.tenant_id)
  const isExternal = wish['router:external'] === true
  const provider = providerOf(wish)
  const network = createNamed(session, 'virtual-network', {
    fq_name: [...project.fq_name, (wish.name as string | undefined) ?? 'default-virtual-network'],
    parent_type: 'project',
    router_external: isExternal,
    is_shared: wish.shared === true,
    port_security_enabled: wish.port_security_enabled ?? true,
    id_perms: {
      enable: wish.admin_state_up ?? true,
      ...(wish.description === undefined ? {} : { description: wish.description }),
    },
    ...(wish.mtu === undefined ? {} : { mtu: wish.mtu }),
    ...(wish.id ? { uuid: wish.id } : {}),
    ...(provider ? { provider_properties: provider } : {}),
    // Everybody may read it and refer to it.
    ...(isExternal ? { perms2: { owner: withoutDashes(project.uuid), owner_access: 7, global_access: 5, share: [] } } : {}),
  })
  if (isExternal) createPool(session, network)
  // The object that is shown was never read back.
  return { ...networkView(session, network), created_at: null, updated_at: null }
}

function providerOf(wish: Resource): Body | undefined {
  const [physical_network, segmentation_id] = [wish['provider:physical_network'], wish['provider:segmentation_id']]
  return physical_network || segmentation_id ? { physical_network, segmentation_id } : undefined
}

function createPool(session: Session, network: StoredObject): void {
  createNamed(session, 'floating-ip-pool', {
    fq_name: [...network.fq_name, 'floating-ip-pool'],
    parent_type: 'virtual-network',
    perms2: { owner: withoutDashes(network.parent_uuid ?? ''), owner_access: 7, global_access: 7, share: [] },
  })
}

export function networkOrFail(session: Session, id: unknown): StoredObject {
  const network = find(session, 'virtual-network', id)
  if (!network) throw new NeutronFailure('NetworkNotFound', { net_id: id })
  return network
}

export const readNetwork = (session: Session, id: unknown): Resource => networkView(session, networkOrFail(session, id))

export function updateNetwork(session: Session, id: unknown, wish: Resource): Resource {
  const network = find(session, 'virtual-network', id)
  if (!network) throw new Refused(404, `Unknown id: ${id}`)
  const wasExternal = network.properties.router_external === true
  const isExternal = (wish['router:external'] as boolean | undefined) ?? wasExternal
  const provider = providerOf(wish)
  if (isExternal && !wasExternal) createPool(session, network)
  if (!isExternal && wasExternal) deletePools(session, network)
  const before = network.id_perms.last_modified
  try {
    change(session, network, {
      // An empty name changes nothing.
      ...(wish.name ? { display_name: wish.name } : {}),
      ...(wish.shared === undefined ? {} : { is_shared: wish.shared }),
      ...(wish['router:external'] === undefined ? {} : { router_external: wish['router:external'] }),
      ...(wish.mtu === undefined ? {} : { mtu: wish.mtu }),
      ...(wish.port_security_enabled === undefined ? {} : { port_security_enabled: wish.port_security_enabled }),
      ...(provider ? { provider_properties: provider } : {}),
      id_perms: {
        ...(wish.admin_state_up === undefined ? {} : { enable: wish.admin_state_up }),
        ...(wish.description === undefined ? {} : { description: wish.description }),
      },
    })
  } catch (error) {
    if (error instanceof Refused && error.status === 409)
      throw new NeutronFailure('BadRequest', { resource: 'network', msg: error.message })
    throw error
  }
  return { ...networkView(session, network), updated_at: before }
}

function deletePools(session: Session, network: StoredObject): void {
  for (const pool of session.world.store.children(network.uuid, 'floating-ip-pool')) {
    const addresses = session.world.store.children(pool.uuid, 'floating-ip')
    if (addresses.some((address) => (address.references.virtual_machine_interface_refs ?? []).length > 0))
      throw new NeutronFailure('NetworkInUse', { net_id: network.uuid })
    for (const address of addresses) remove(session, address)
    remove(session, pool)
  }
}

/** Nothing happens when it is not there. */
export function deleteNetwork(session: Session, id: unknown): void {
  const network = find(session, 'virtual-network', id)
  if (!network) return
  try {
    deletePools(session, network)
    remove(session, network)
  } catch (error) {
    if (error instanceof Refused && error.status === 409) throw new NeutronFailure('NetworkInUse', { net_id: id })
    throw error
  }
}

/** Filters by id, name, tenant, full name, shared and external; all others are ignored. */
export function listNetworks(session: Session, filters: Filters): Resource[] {
  const { store } = session.world
  const byId = filters.id?.flatMap((id) => find(session, 'virtual-network', id) ?? [])
  if (byId) return byId.map((network) => networkView(session, network))
  const projects = projectIds(session, filters)
  const isOpen = (network: StoredObject) => network.properties.is_shared === true || network.properties.router_external === true
  const asksForOpen =
    'shared' in filters || 'router:external' in filters || 'name' in filters || Object.keys(filters).length === 0
  const all = store.ofType('virtual-network')
  const isOwn = (network: StoredObject) => !projects || projects.includes(network.parent_uuid ?? '')
  // Those of a project come in the order in which they were made, what everybody may see after them.
  const own = projects ? all.filter(isOwn).sort((a, b) => a.order - b.order) : all
  const open = session.isAdmin || !asksForOpen ? [] : all.filter((network) => !isOwn(network) && isOpen(network))
  const anchored = [...own, ...open]
  return anchored
    .filter(
      (network) =>
        passes(filters, 'name', nameOf(network)) &&
        passes(filters, 'fq_name', JSON.stringify(network.fq_name)) &&
        passes(filters, 'shared', network.properties.is_shared === true) &&
        passes(filters, 'router:external', network.properties.router_external === true),
    )
    .map((network) => networkView(session, network))
}
