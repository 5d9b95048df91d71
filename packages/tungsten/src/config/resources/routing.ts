import { structure, text, whole, word, yesNo } from '../../decode.ts'
import { routes, routeTargets } from '../structures.ts'
import { describe, plain } from './resource.ts'

/** `virtual_network_refs` is the gateway, `virtual_machine_interface_refs` are the inner interfaces. */
export const logicalRouter = describe({
  parents: ['project'],
  properties: {
    logical_router_type: word('snat-routing', 'vxlan-routing'),
    logical_router_gateway_external: yesNo,
    vxlan_network_identifier: text,
    configured_route_target_list: routeTargets,
  },
  references: {
    virtual_machine_interface_refs: plain,
    virtual_network_refs: plain,
    route_target_refs: plain,
    route_table_refs: plain,
    service_instance_refs: plain,
    bgpvpn_refs: plain,
  },
  links: ['port_tuple_back_refs'],
})

export const routeTable = describe({
  parents: ['project'],
  properties: { routes },
  references: {},
  links: ['virtual_network_back_refs', 'logical_router_back_refs'],
})

export const interfaceRouteTable = describe({
  parents: ['project'],
  properties: { interface_route_table_routes: routes },
  references: { service_instance_refs: plain },
  links: ['virtual_machine_interface_back_refs'],
})

/** Its name is the target itself, `target:64512:1001`: the only type whose names may hold a colon. */
export const routeTarget = describe({
  parents: ['config-root'],
  properties: {},
  references: {},
  links: ['routing_instance_back_refs', 'logical_router_back_refs'],
})

export const bgpvpn = describe({
  parents: ['project'],
  properties: {
    bgpvpn_type: word('l2', 'l3'),
    route_target_list: routeTargets,
    import_route_target_list: routeTargets,
    export_route_target_list: routeTargets,
  },
  references: {},
  links: ['virtual_network_back_refs', 'logical_router_back_refs'],
})

export const bgpAsAService = describe({
  parents: ['project'],
  properties: {
    autonomous_system: whole,
    bgpaas_shared: yesNo,
    bgpaas_ip_address: text,
    bgpaas_ipv4_mapped_ipv6_nexthop: yesNo,
    bgpaas_suppress_route_advertisement: yesNo,
    bgpaas_session_attributes: structure({
      admin_down: yesNo,
      passive: yesNo,
      as_override: yesNo,
      hold_time: whole,
      loop_count: whole,
      local_autonomous_system: whole,
    }),
  },
  references: { virtual_machine_interface_refs: plain, service_health_check_refs: plain, bgp_router_refs: plain },
  links: [],
})
