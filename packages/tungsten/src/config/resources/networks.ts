import { structure, text, whole, word, yesNo } from '../../decode.ts'
import { ipamManagement, networkSubnets, policyAttachment, routeTargets } from '../structures.ts'
import { describe, plain } from './resource.ts'

export const virtualNetwork = describe({
  parents: ['project'],
  properties: {
    router_external: yesNo,
    is_shared: yesNo,
    is_provider_network: yesNo,
    provider_properties: structure({ segmentation_id: whole, physical_network: text }),
    port_security_enabled: yesNo,
    /** Stored and shown, not given to guests: see the MTU arithmetic. 0 to 9216, since R21.12. */
    mtu: whole,
    fabric_snat: yesNo,
    flood_unknown_unicast: yesNo,
    layer2_control_word: yesNo,
    address_allocation_mode: text,
    multi_policy_service_chains_enabled: yesNo,
    route_target_list: routeTargets,
    import_route_target_list: routeTargets,
    export_route_target_list: routeTargets,
    virtual_network_network_id: whole,
    virtual_network_category: text,
    virtual_network_properties: structure({
      forwarding_mode: word('l2_l3', 'l2', 'l3'),
      rpf: word('enable', 'disable'),
      vxlan_network_identifier: whole,
      network_id: whole,
      allow_transit: yesNo,
      mirror_destination: yesNo,
      max_flows: whole,
    }),
  },
  references: {
    /** The `attr` holds the subnets. The list is replaced as a whole when it is written. */
    network_ipam_refs: networkSubnets,
    network_policy_refs: policyAttachment,
    route_table_refs: plain,
    qos_config_refs: plain,
    bgpvpn_refs: plain,
    virtual_network_refs: plain,
    service_health_check_refs: plain,
    tag_refs: plain,
  },
  links: [
    'routing_instances',
    'floating_ip_pools',
    'alias_ip_pools',
    'access_control_lists',
    'instance_ip_back_refs',
    'virtual_machine_interface_back_refs',
    'logical_router_back_refs',
  ],
})

export const networkIpam = describe({
  parents: ['project'],
  properties: {
    ipam_subnet_method: word('user-defined-subnet', 'flat-subnet', 'auto-subnet'),
    network_ipam_mgmt: ipamManagement,
    ipam_subnetting: yesNo,
  },
  references: { virtual_DNS_refs: plain },
  links: ['virtual_network_back_refs', 'instance_ip_back_refs', 'virtual_router_back_refs'],
})

/** Made by the server with each network, as `<network>:<network>`. */
export const routingInstance = describe({
  parents: ['virtual-network'],
  properties: { routing_instance_is_default: yesNo, routing_instance_fabric_snat: yesNo, routing_instance_has_pnf: yesNo },
  references: { route_target_refs: structure({ import_export: word('import', 'export') }), routing_instance_refs: plain },
  links: ['virtual_machine_interface_back_refs'],
})
