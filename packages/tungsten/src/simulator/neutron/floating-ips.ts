import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure, quoted } from './failure.ts'
import {
  change,
  createNamed,
  descriptionOf,
  type Filters,
  find,
  passes,
  projectIds,
  projectOf,
  type Resource,
  remove,
  type Session,
  tagsOf,
  timesOf,
  withoutDashes,
} from './session.ts'

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/neutron_plugin_db.py (`_floatingip_vnc_to_neutron`) */
export function floatingIpView(session: Session, ip: StoredObject): Resource {
  const { store } = session.world
  const project = ip.references.project_refs?.[0]?.uuid
  const port = find(session, 'virtual-machine-interface', ip.references.virtual_machine_interface_refs?.[0]?.uuid)
  return {
    id: ip.uuid,
    tenant_id: withoutDashes(project ?? ip.perms2.owner),
    floating_ip_address: ip.properties.floating_ip_address,
    floating_network_id: store.uuidOf('virtual-network', ip.fq_name.slice(0, -2)) ?? null,
    router_id: port && project ? (routerOf(session, project, port) ?? null) : null,
    port_id: port?.uuid ?? null,
    fixed_ip_address: ip.properties.floating_ip_fixed_ip_address ?? null,
    status: port ? 'ACTIVE' : 'DOWN',
    ...timesOf(ip),
    ...descriptionOf(ip),
    ...tagsOf(session, ip),
  }
}

/** Guessed: the project's router that has an interface in the port's network. */
function routerOf(session: Session, projectId: string, port: StoredObject): string | undefined {
  const { store } = session.world
  const network = port.references.virtual_network_refs?.[0]?.uuid
  return store
    .children(projectId, 'logical-router')
    .find((router) =>
      (router.references.virtual_machine_interface_refs ?? []).some(
        ({ uuid }) => store.get(uuid)?.references.virtual_network_refs?.[0]?.uuid === network,
      ),
    )?.uuid
}

export async function createFloatingIp(session: Session, wish: Resource): Promise<Resource> {
  const networkId = String(wish.floating_network_id)
  // The first pool of the network; a subnet that is asked for is ignored.
  const pool = session.world.store.children(networkId, 'floating-ip-pool')[0]
  if (!pool)
    throw new NeutronFailure('BadRequest', {
      resource: 'floatingip',
      msg: `Network ${networkId} doesn't provide a floatingip pool`,
    })
  const project = await projectOf(session, wish.tenant_id)
  const uuid = String(wish.id ?? session.world.store.newUuid())
  const binding = bindingOf(session, wish, project.uuid, undefined)
  try {
    const ip = createNamed(session, 'floating-ip', {
      fq_name: [...pool.fq_name, uuid],
      parent_type: 'floating-ip-pool',
      uuid,
      ...(wish.floating_ip_address ? { floating_ip_address: wish.floating_ip_address } : {}),
      project_refs: [{ to: project.fq_name, uuid: project.uuid }],
      perms2: { owner: project.uuid, owner_access: 7, global_access: 0, share: [] },
      ...(wish.description === undefined ? {} : { id_perms: { enable: true, description: wish.description } }),
      ...binding,
    })
    return floatingIpView(session, ip)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const msg = error.status === 409 ? error.message : quoted(error)
    throw new NeutronFailure('IpAddressGenerationFailure', { net_id: networkId, msg })
  }
}

/** Whom the address is bound to, after the rules: same project, and one fixed address or a named one. */
function bindingOf(
  session: Session,
  wish: Resource,
  projectId: string | undefined,
  present: StoredObject | undefined,
): Record<string, unknown> {
  const { store } = session.world
  const fixed = wish.fixed_ip_address as string | null | undefined
  if (!wish.port_id) {
    if (fixed)
      throw new NeutronFailure('BadRequest', {
        resource: 'floatingip',
        msg: 'fixed_ip_address cannot be specified without a port_id',
      })
    const unbinds = 'port_id' in wish || Object.keys(wish).length === 0
    return unbinds ? { virtual_machine_interface_refs: [], floating_ip_fixed_ip_address: null } : {}
  }
  const port = find(session, 'virtual-machine-interface', wish.port_id)
  if (!port) throw new NeutronFailure('PortNotFound', { resource: 'floatingip', port_id: wish.port_id })
  if (!session.isAdmin && withoutDashes(port.parent_uuid ?? '') !== session.tenantId)
    throw new NeutronFailure('BadRequest', { resource: 'floatingip', msg: `Port ${wish.port_id} is from another project` })
  if (projectId && port.parent_uuid !== projectId)
    throw new NeutronFailure('BadRequest', {
      resource: 'floatingip',
      msg: "port can't be associated with this fip as they both belong to different tenants",
    })
  const own = store.referrers(port.uuid, 'instance-ip').map((ip) => String(ip.properties.instance_ip_address))
  if (!fixed && own.length > 1)
    throw new NeutronFailure('BadRequest', {
      resource: 'floatingip',
      msg: `Port ${port.uuid} has multiple fixed IP addresses.  Must provide a specific IP address when assigning a floating IP`,
    })
  const address = fixed ?? own[0]
  const other = store
    .referrers(port.uuid, 'floating-ip')
    .find((ip) => ip !== present && ip.properties.floating_ip_fixed_ip_address === address)
  if (other)
    throw new NeutronFailure('FloatingIPPortAlreadyAssociated', {
      floating_ip_address: present?.properties.floating_ip_address ?? null,
      fip_id: present?.uuid ?? null,
      port_id: port.uuid,
      fixed_ip: address,
      net_id: store.get(other.parent_uuid ?? '')?.parent_uuid,
    })
  return {
    virtual_machine_interface_refs: [{ to: port.fq_name, uuid: port.uuid }],
    ...(address ? { floating_ip_fixed_ip_address: address } : {}),
  }
}

const floatingIpOrFail = (session: Session, id: unknown): StoredObject => {
  const ip = find(session, 'floating-ip', id)
  if (!ip) throw new NeutronFailure('FloatingIPNotFound', { floatingip_id: id })
  return ip
}

export const readFloatingIp = (session: Session, id: unknown): Resource => floatingIpView(session, floatingIpOrFail(session, id))

export function updateFloatingIp(session: Session, id: unknown, wish: Resource): Resource {
  const ip = floatingIpOrFail(session, id)
  const before = ip.id_perms.last_modified
  change(session, ip, {
    ...bindingOf(session, wish, ip.references.project_refs?.[0]?.uuid, ip),
    ...(wish.description === undefined ? {} : { id_perms: { description: wish.description } }),
  })
  return { ...floatingIpView(session, ip), updated_at: before }
}

export const deleteFloatingIp = (session: Session, id: unknown): void => remove(session, floatingIpOrFail(session, id))

export function listFloatingIps(session: Session, filters: Filters): Resource[] {
  const projects = projectIds(session, filters)
  return session.world.store
    .ofType('floating-ip')
    .filter((ip) => !projects || projects.includes(ip.references.project_refs?.[0]?.uuid ?? ''))
    .map((ip) => floatingIpView(session, ip))
    .filter((ip) => ['id', 'port_id', 'floating_ip_address'].every((name) => passes(filters, name, ip[name])))
}
