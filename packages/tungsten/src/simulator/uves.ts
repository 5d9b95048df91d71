import { type NodeRole, nodeRoles } from '../analytics/nodes.ts'
import type { Nodes } from './nodes.ts'
import type { StoredObject } from './store.ts'
import { reportEveryMs } from './timing.ts'
import { type Plug, plus, type Traffic } from './traffic.ts'
import { fieldsOf, viewOf } from './views.ts'
import type { World } from './world.ts'

export type Struct = Record<string, unknown>
export type Uves = Map<string, Record<string, Struct>>

/** UVE types by the names that URLs use, and the config type that owns each. */
export const uveTypes: Record<string, string | undefined> = {
  'virtual-machine-interface': 'virtual-machine-interface',
  'virtual-machine': 'virtual-machine',
  'virtual-network': 'virtual-network',
  vrouter: 'virtual-router',
  'control-node': undefined,
  'config-node': undefined,
  'analytics-node': undefined,
  'database-node': undefined,
}

/** All UVEs of a type, computed from what is configured, plugged and counted. */
export function uvesOf(type: string, world: World, traffic: Traffic, nodes: Nodes): Uves {
  switch (type) {
    case 'virtual-machine-interface':
      return new Map(traffic.plugs().flatMap((plug) => interfaceUves(world, traffic, plug)))
    case 'virtual-machine':
      return machineUves(world, traffic)
    case 'virtual-network':
      return new Map(
        world.store.ofType('virtual-network').map((network) => [network.fq_name.join(':'), networkUve(world, traffic, network)]),
      )
    default:
      return (nodeRoles as readonly string[]).includes(type) ? nodeUves(type as NodeRole, world, traffic, nodes) : new Map()
  }
}

const networkOf = (world: World, port: StoredObject): StoredObject | undefined =>
  world.store.get(port.references.virtual_network_refs?.[0]?.uuid ?? '')
const machineOf = (port: StoredObject): string => port.references.virtual_machine_refs?.[0]?.uuid ?? ''
const addressesOf = (world: World, port: StoredObject): string[] =>
  world.store.referrers(port.uuid, 'instance-ip').map((ip) => String(ip.properties.instance_ip_address))

/** One UVE, or none when the port has just gone. */
function interfaceUves(world: World, traffic: Traffic, plug: Plug): [string, Record<string, Struct>][] {
  const port = world.store.get(plug.interfaceId)
  if (!port) return []
  const network = networkOf(world, port)
  const addresses = addressesOf(world, port)
  const [v4, v6] = [addresses.filter((address) => !address.includes(':')), addresses.filter((address) => address.includes(':'))]
  const floating = world.store.referrers(port.uuid, 'floating-ip').map((ip) => ({
    virtual_network: ip.fq_name.slice(0, -2).join(':'),
    ip_address: String(ip.properties.floating_ip_address),
  }))
  const total = traffic.counts(plug)
  const nowMs = world.clock.now().getTime()
  const before = traffic.counts(plug, nowMs - reportEveryMs)
  const perSecond = (name: 'in_bytes' | 'out_bytes') =>
    Math.max(0, Math.round(((total[name] - before[name]) * 8 * 1000) / reportEveryMs))
  const about = {
    vm_name: port.properties.display_name ?? machineOf(port),
    vm_uuid: machineOf(port),
    virtual_network: network?.fq_name.join(':') ?? '',
  }
  const structs = {
    ContrailConfig: configStruct(world, port),
    UveVMInterfaceAgent: {
      ...about,
      uuid: port.uuid,
      vn_uuid: network?.uuid ?? '',
      mac_address:
        (port.properties.virtual_machine_interface_mac_addresses as { mac_address?: string[] } | undefined)?.mac_address?.[0] ??
        '',
      ip_address: v4[0] ?? '0.0.0.0',
      ip6_address: v6[0] ?? '::',
      fixed_ip4_list: v4,
      fixed_ip6_list: v6,
      floating_ips: floating,
      active: port.id_perms.enable,
      ip4_active: v4.length > 0 && port.id_perms.enable,
      ip6_active: v6.length > 0 && port.id_perms.enable,
      l2_active: port.id_perms.enable,
      admin_state: port.id_perms.enable,
      is_health_check_active: true,
      label: 16,
    },
    VMIStats: {
      ...about,
      raw_if_stats: total,
      fip_agg_stats: floating.map((one) => ({ ...one, ...traffic.counts(plug, nowMs, one.ip_address) })),
      in_bw_usage: perSecond('in_bytes'),
      out_bw_usage: perSecond('out_bytes'),
      __T: nowMs * 1000,
    },
  }
  return [[port.fq_name.join(':'), structs]]
}

function machineUves(world: World, traffic: Traffic): Uves {
  const uves: Uves = new Map()
  for (const plug of traffic.plugs()) {
    const port = world.store.get(plug.interfaceId)
    if (!port) continue
    const machineId = machineOf(port)
    const known = uves.get(machineId)?.UveVirtualMachineAgent
    const interface_list = [...((known?.interface_list as string[] | undefined) ?? []), port.fq_name.join(':')]
    const machine = world.store.get(machineId)
    uves.set(machineId, {
      ...(machine ? { ContrailConfig: configStruct(world, machine) } : {}),
      UveVirtualMachineAgent: { uuid: machineId, vm_name: machineId, vrouter: plug.host, interface_list, vm_state: 'ACTIVE' },
    })
  }
  return uves
}

function networkUve(world: World, traffic: Traffic, network: StoredObject): Record<string, Struct> {
  const ports = world.store.referrers(network.uuid, 'virtual-machine-interface')
  const plugs = ports.flatMap((port) => traffic.plug(port.uuid) ?? [])
  const policies = (network.references.network_policy_refs ?? []).length
  const byHost = new Map<string, ReturnType<typeof traffic.counts>>()
  for (const plug of plugs) {
    const counted = traffic.counts(plug)
    const known = byHost.get(plug.host)
    byHost.set(plug.host, known ? plus(known, counted) : counted)
  }
  return {
    ContrailConfig: configStruct(world, network),
    UveVirtualNetworkConfig: {
      connected_networks: [],
      routing_instance_list: world.store.children(network.uuid, 'routing-instance').map((instance) => instance.fq_name.join(':')),
      total_acl_rules: policies * 4,
    },
    ...(plugs.length === 0
      ? {}
      : {
          UveVirtualNetworkAgent: {
            interface_list: ports.filter((port) => traffic.plug(port.uuid)).map((port) => port.fq_name.join(':')),
            virtualmachine_list: [...new Set(ports.filter((port) => traffic.plug(port.uuid)).map(machineOf))],
            associated_fip_count: ports.reduce((sum, port) => sum + world.store.referrers(port.uuid, 'floating-ip').length, 0),
            vn_stats: [...byHost].map(([vrouter, counts]) => ({
              other_vn: '__UNKNOWN__',
              vrouter,
              in_tpkts: counts.in_pkts,
              in_bytes: counts.in_bytes,
              out_tpkts: counts.out_pkts,
              out_bytes: counts.out_bytes,
            })),
          },
        }),
  }
}

function nodeUves(role: NodeRole, world: World, traffic: Traffic, nodes: Nodes): Uves {
  const uves: Uves = new Map()
  for (const host of nodes.hosts(role)) {
    const structs: Record<string, Struct> = { NodeStatus: nodes.status(role, host) }
    if (role === 'vrouter') {
      const router = world.store.byName('virtual-router', ['default-global-system-config', host])
      if (router) structs.ContrailConfig = configStruct(world, router)
      structs.VrouterAgent = vrouterStruct(world, traffic, host, router)
    }
    uves.set(host, structs)
  }
  return uves
}

function vrouterStruct(world: World, traffic: Traffic, host: string, router: StoredObject | undefined): Struct {
  const ports = traffic
    .plugs()
    .filter((plug) => plug.host === host)
    .flatMap((plug) => world.store.get(plug.interfaceId) ?? [])
  const address = String(router?.properties.virtual_router_ip_address ?? '0.0.0.0')
  const version = world.generation === 'tf' ? 'R21.4' : 'R25.1'
  const preferred = world.store.byName('global-vrouter-config', ['default-global-system-config', 'default-global-vrouter-config'])
    ?.properties.encapsulation_priorities as { encapsulation?: string[] } | undefined
  return {
    build_info: JSON.stringify({ 'build-info': [{ 'build-version': version, 'build-id': `${version}-1`, 'build-number': '1' }] }),
    tunnel_type: preferred?.encapsulation?.[0] ?? 'MPLSoGRE',
    control_ip: address,
    self_ip_list: [address],
    hypervisor: 'kvm',
    mode: 'VROUTER',
    interface_list: ports.map((port) => port.fq_name.join(':')),
    virtual_machine_list: [...new Set(ports.map(machineOf))],
    connected_networks: [...new Set(ports.map((port) => networkOf(world, port)?.fq_name.join(':') ?? ''))],
    error_intf_list: [],
    no_config_intf_list: [],
    down_interface_count: ports.filter((port) => !port.id_perms.enable).length,
    xmpp_peer_list: [{ ip: address, primary: true, status: true, setup_time: 1_490_306_665_057_644 }],
    sandesh_http_port: 8085,
  }
}

/** What the config API sends along: every field as JSON inside a text. */
function configStruct(world: World, object: StoredObject): Struct {
  const view = viewOf(world, { caller: undefined, base: 'http://0.0.0.0:9100' }, object, fieldsOf(object.type).own, true)
  const elements = Object.fromEntries(
    Object.entries(view).map(([name, value]) => [name, JSON.stringify(value).replace(/"\\u0000u64:(\d+)"/g, '$1')]),
  )
  return { deleted: false, elements }
}
