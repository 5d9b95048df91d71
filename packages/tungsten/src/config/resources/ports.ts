import { list, structure, text, whole, word, yesNo } from '../../decode.ts'
import { addressPairs, dhcpOptions, mirrorAction, routes, subnet } from '../structures.ts'
import { describe, keyValuePairs, plain } from './resource.ts'

/** Its name and its uuid are both the id of the Nova server. */
export const virtualMachine = describe({
  parents: ['config-root'],
  properties: { server_type: text },
  references: { service_instance_refs: plain },
  links: ['virtual_machine_interfaces', 'virtual_machine_interface_back_refs', 'virtual_router_back_refs'],
})

export const virtualMachineInterface = describe({
  parents: ['project', 'virtual-machine', 'virtual-router'],
  properties: {
    virtual_machine_interface_mac_addresses: structure({ mac_address: list(text) }),
    /** `host_id`, `vnic_type`, `vif_type`, `profile`. */
    virtual_machine_interface_bindings: keyValuePairs,
    virtual_machine_interface_device_owner: text,
    virtual_machine_interface_allowed_address_pairs: addressPairs,
    virtual_machine_interface_dhcp_option_list: dhcpOptions,
    virtual_machine_interface_host_routes: routes,
    virtual_machine_interface_disable_policy: yesNo,
    virtual_machine_interface_properties: structure({
      service_interface_type: text,
      sub_interface_vlan_tag: whole,
      local_preference: whole,
      max_flows: whole,
      interface_mirror: structure({ traffic_direction: word('ingress', 'egress', 'both'), mirror_to: mirrorAction }),
    }),
    port_security_enabled: yesNo,
    igmp_enable: yesNo,
  },
  references: {
    virtual_network_refs: plain,
    virtual_machine_refs: plain,
    security_group_refs: plain,
    interface_route_table_refs: plain,
    qos_config_refs: plain,
    port_tuple_refs: plain,
    routing_instance_refs: plain,
    service_health_check_refs: plain,
    virtual_machine_interface_refs: plain,
    tag_refs: plain,
  },
  links: [
    'instance_ip_back_refs',
    'floating_ip_back_refs',
    'alias_ip_back_refs',
    'logical_router_back_refs',
    'bgp_as_a_service_back_refs',
    'loadbalancer_back_refs',
    'virtual_machine_interface_back_refs',
  ],
})

/** A root object: its name must be unique in the whole system. */
export const instanceIp = describe({
  parents: ['config-root'],
  properties: {
    instance_ip_address: text,
    instance_ip_family: word('v4', 'v6'),
    instance_ip_mode: word('active-active', 'active-standby'),
    instance_ip_secondary: yesNo,
    instance_ip_subnet: subnet,
    secondary_ip_tracking_ip: subnet,
    subnet_uuid: text,
    service_instance_ip: yesNo,
    service_health_check_ip: yesNo,
  },
  references: {
    virtual_network_refs: plain,
    virtual_machine_interface_refs: plain,
    network_ipam_refs: plain,
    virtual_router_refs: plain,
  },
  links: ['floating_ips', 'service_instance_back_refs'],
})
