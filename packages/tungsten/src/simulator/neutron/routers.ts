import { overlap, parseCidr } from '../addresses.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure } from './failure.ts'
import { portView, routerInterface } from './port-view.ts'
import { createPort, deletePort, readPort } from './ports.ts'
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
  timesOf,
  withoutDashes,
} from './session.ts'
import { readSubnet } from './subnets.ts'

/** There is no gateway port, and SNAT is always said to be on. */
export function routerView(session: Session, router: StoredObject): Resource {
  const gateway = router.references.virtual_network_refs?.[0]?.uuid
  return {
    id: router.uuid,
    name: nameOf(router),
    tenant_id: withoutDashes(router.parent_uuid ?? ''),
    admin_state_up: router.id_perms.enable,
    shared: false,
    status: 'ACTIVE',
    gw_port_id: null,
    external_gateway_info: gateway ? { network_id: gateway, enable_snat: true } : null,
    ...tagsOf(session, router),
    fq_name: router.fq_name,
    ...descriptionOf(router),
    ...timesOf(router),
  }
}

export async function createRouter(session: Session, wish: Resource): Promise<Resource> {
  const project = await projectOf(session, wish.tenant_id)
  const router = createNamed(session, 'logical-router', {
    fq_name: [...project.fq_name, (wish.name as string | undefined) || 'default-logical-router'],
    parent_type: 'project',
    ...(wish.id ? { uuid: wish.id } : {}),
    id_perms: {
      enable: wish.admin_state_up ?? true,
      ...(wish.description === undefined ? {} : { description: wish.description }),
    },
  })
  setGateway(session, router, wish)
  return routerView(session, router)
}

const routerOrFail = (session: Session, id: unknown): StoredObject => {
  const router = find(session, 'logical-router', id)
  if (!router) throw new NeutronFailure('RouterNotFound', { router_id: id })
  return router
}

export const readRouter = (session: Session, id: unknown): Resource => routerView(session, routerOrFail(session, id))

export function updateRouter(session: Session, id: unknown, wish: Resource): Resource {
  const router = find(session, 'logical-router', id)
  if (!router) throw new Refused(404, `Unknown id: ${id}`)
  const before = router.id_perms.last_modified
  change(session, router, {
    ...(wish.name ? { display_name: wish.name } : {}),
    id_perms: {
      ...(wish.admin_state_up === undefined ? {} : { enable: wish.admin_state_up }),
      ...(wish.description === undefined ? {} : { description: wish.description }),
    },
  })
  setGateway(session, router, wish)
  return { ...routerView(session, router), updated_at: before }
}

/**
 * Tungsten Fabric, and OpenSDN up to R24.1, take a change that does not mention the gateway for one that removes it; R25.1 removes it for `{}` only.
 * https://github.com/OpenSDN-io/tf-controller/commit/8e6186b
 */
function setGateway(session: Session, router: StoredObject, wish: Resource): void {
  const wanted = (wish.external_gateway_info as { network_id?: string } | null | undefined)?.network_id
  const present = router.references.virtual_network_refs?.[0]?.uuid
  if (wanted) {
    if (wanted === present) return
    const network = find(session, 'virtual-network', wanted)
    if (!network) throw new NeutronFailure('NetworkNotFound', { net_id: wanted })
    if (network.properties.router_external !== true)
      throw new NeutronFailure('BadRequest', { resource: 'router', msg: `Network ${wanted} is not a valid external network` })
    change(session, router, { virtual_network_refs: [{ to: network.fq_name, uuid: network.uuid }] })
    return
  }
  const info = wish.external_gateway_info
  const isEmpty = typeof info === 'object' && info !== null && Object.keys(info).length === 0
  if (present && (isEmpty || session.world.generation === 'tf')) change(session, router, { virtual_network_refs: [] })
}

export function deleteRouter(session: Session, id: unknown): void {
  const router = routerOrFail(session, id)
  if ((router.references.virtual_machine_interface_refs ?? []).length > 0)
    throw new NeutronFailure('RouterInUse', { router_id: id })
  change(session, router, { virtual_network_refs: [] })
  remove(session, router)
}

export function listRouters(session: Session, filters: Filters): Resource[] {
  if (filters.shared?.[0]) return []
  const projects = filters.id ? undefined : projectIds(session, filters)
  return session.world.store
    .ofType('logical-router')
    .filter((router) => !projects || projects.includes(router.parent_uuid ?? ''))
    .map((router) => routerView(session, router))
    .filter((router) => passes(filters, 'id', router.id) && passes(filters, 'name', router.name))
}

const refused = (msg: string): NeutronFailure => new NeutronFailure('BadRequest', { resource: 'router', msg })

export async function addInterface(session: Session, id: unknown, wish: Resource): Promise<Resource> {
  const router = find(session, 'logical-router', id)
  if (!router) throw new Refused(404, `Unknown id: ${id}`)
  let portId = wish.port_id as string | undefined
  let subnet: Resource
  if (portId) {
    const port = readPort(session, portId)
    if (port.device_owner === routerInterface && port.device_id)
      throw new NeutronFailure('PortInUse', { net_id: port.network_id, port_id: port.id, device_id: port.device_id })
    const addresses = port.fixed_ips as { subnet_id: string }[]
    if (addresses.length !== 1) throw refused('Router port must have exactly one fixed IP')
    subnet = readSubnet(session, addresses[0]?.subnet_id)
    refuseSecondInterface(session, router, subnet)
  } else if (wish.subnet_id) {
    subnet = readSubnet(session, wish.subnet_id)
    if (!session.isAdmin && subnet.tenant_id !== session.tenantId)
      throw new NeutronFailure('RouterInterfaceNotFoundForSubnet', { router_id: id, subnet_id: wish.subnet_id })
    if (!subnet.gateway_ip) throw refused('Subnet for router interface must have a gateway IP')
    refuseSecondInterface(session, router, subnet)
    const asAdmin = { ...session, isAdmin: true }
    const port = await createPort(asAdmin, {
      tenant_id: subnet.tenant_id,
      network_id: subnet.network_id,
      fixed_ips: [{ ip_address: subnet.gateway_ip, subnet_id: subnet.id }],
      admin_state_up: true,
      device_id: id,
      device_owner: routerInterface,
      name: '',
      port_security_enabled: false,
    })
    portId = String(port.id)
  } else throw refused('Either port or subnet must be specified')
  const port = find(session, 'virtual-machine-interface', portId) as StoredObject
  change(session, port, { virtual_machine_interface_device_owner: routerInterface })
  const present = (router.references.virtual_machine_interface_refs ?? []).map(({ uuid }) => ({
    uuid,
    to: session.world.store.get(uuid)?.fq_name ?? [],
  }))
  change(session, router, { virtual_machine_interface_refs: [...present, { uuid: port.uuid, to: port.fq_name }] })
  return { id, tenant_id: subnet.tenant_id, port_id: portId, subnet_id: subnet.id }
}

const interfacesOf = (session: Session, router: StoredObject): Resource[] =>
  (router.references.virtual_machine_interface_refs ?? []).flatMap(({ uuid }) => {
    const port = find(session, 'virtual-machine-interface', uuid)
    return port ? [portView(session, port)] : []
  })

function refuseSecondInterface(session: Session, router: StoredObject, subnet: Resource): void {
  const range = parseCidr(String(subnet.cidr))
  for (const port of interfacesOf(session, router))
    for (const { subnet_id } of port.fixed_ips as { subnet_id: string }[]) {
      if (subnet_id === subnet.id) throw refused(`Router ${router.uuid} already has a port on subnet ${subnet.id}`)
      const other = readSubnet(session, subnet_id)
      const taken = parseCidr(String(other.cidr))
      if (range && taken && overlap(range, taken))
        throw refused(`Cidr ${subnet.cidr} of subnet ${subnet.id} overlaps with cidr ${other.cidr} of subnet ${subnet_id}`)
    }
}

export function removeInterface(session: Session, id: unknown, wish: Resource): Resource {
  const router = find(session, 'logical-router', id)
  if (!router) throw new Refused(404, `Unknown id: ${id}`)
  const subnetOfPort = (port: Resource) => (port.fixed_ips as { subnet_id: string }[])[0]?.subnet_id
  const port = interfacesOf(session, router).find((one) =>
    wish.port_id ? one.id === wish.port_id : subnetOfPort(one) === wish.subnet_id,
  )
  if (!port)
    throw wish.port_id
      ? new NeutronFailure('RouterInterfaceNotFound', { router_id: id, port_id: wish.port_id })
      : new NeutronFailure('RouterInterfaceNotFoundForSubnet', { router_id: id, subnet_id: wish.subnet_id })
  const subnetId = subnetOfPort(port)
  if (wish.port_id && wish.subnet_id && wish.subnet_id !== subnetId)
    throw new NeutronFailure('SubnetMismatchForPort', { port_id: wish.port_id, subnet_id: wish.subnet_id })
  const subnet = readSubnet(session, subnetId)
  const left = (router.references.virtual_machine_interface_refs ?? [])
    .filter(({ uuid }) => uuid !== port.id)
    .map(({ uuid }) => ({ uuid, to: session.world.store.get(uuid)?.fq_name ?? [] }))
  change(session, router, { virtual_machine_interface_refs: left })
  deletePort(session, port.id)
  return { id, tenant_id: subnet.tenant_id, port_id: port.id, subnet_id: subnetId }
}
