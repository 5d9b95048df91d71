import { list, structure, text, whole, word, yesNo } from '../../decode.ts'
import { addressPairs, routes } from '../structures.ts'
import { describe, plain } from './resource.ts'

export const serviceTemplate = describe({
  parents: ['domain'],
  properties: {
    service_template_properties: structure({
      version: whole,
      service_mode: word('transparent', 'in-network', 'in-network-nat'),
      service_type: word('firewall', 'analyzer', 'source-nat', 'loadbalancer'),
      service_virtualization_type: word('virtual-machine', 'network-namespace', 'vrouter-instance', 'physical-device'),
      interface_type: list(structure({ service_interface_type: text, shared_ip: yesNo, static_route_enable: yesNo })),
      image_name: text,
      flavor: text,
      ordered_interfaces: yesNo,
    }),
  },
  references: {},
  links: ['service_instance_back_refs'],
})

export const serviceInstance = describe({
  parents: ['project'],
  properties: {
    service_instance_properties: structure({
      interface_list: list(
        structure({ virtual_network: text, ip_address: text, static_routes: routes, allowed_address_pairs: addressPairs }),
      ),
      left_virtual_network: text,
      right_virtual_network: text,
      management_virtual_network: text,
      ha_mode: word('active-active', 'active-standby'),
      scale_out: structure({ max_instances: whole, auto_scale: yesNo }),
      availability_zone: text,
      virtual_router_id: text,
    }),
  },
  references: { service_template_refs: plain, instance_ip_refs: plain },
  links: ['port_tuples', 'logical_router_back_refs', 'virtual_machine_back_refs'],
})

export const portTuple = describe({
  parents: ['service-instance'],
  properties: {},
  references: { logical_router_refs: plain, virtual_network_refs: plain },
  links: ['virtual_machine_interface_back_refs'],
})

export const serviceHealthCheck = describe({
  parents: ['project'],
  properties: {
    service_health_check_properties: structure({
      enabled: yesNo,
      health_check_type: word('link-local', 'end-to-end', 'segment', 'vn-ip-list'),
      monitor_type: word('PING', 'HTTP', 'BFD'),
      delay: whole,
      timeout: whole,
      max_retries: whole,
      http_method: text,
      url_path: text,
      expected_codes: text,
    }),
  },
  references: {},
  links: ['virtual_machine_interface_back_refs'],
})

/** Marking and queueing; it limits no bandwidth. */
export const qosConfig = describe({
  parents: ['global-qos-config', 'project'],
  properties: {
    qos_config_type: word('vhost', 'fabric', 'project'),
    default_forwarding_class_id: whole,
    dscp_entries: structure({ qos_id_forwarding_class_pair: list(structure({ key: whole, forwarding_class_id: whole })) }),
    vlan_priority_entries: structure({
      qos_id_forwarding_class_pair: list(structure({ key: whole, forwarding_class_id: whole })),
    }),
    mpls_exp_entries: structure({ qos_id_forwarding_class_pair: list(structure({ key: whole, forwarding_class_id: whole })) }),
  },
  references: { global_system_config_refs: plain },
  links: ['virtual_network_back_refs', 'virtual_machine_interface_back_refs'],
})

export const forwardingClass = describe({
  parents: ['global-qos-config'],
  properties: {
    forwarding_class_id: whole,
    forwarding_class_dscp: whole,
    forwarding_class_mpls_exp: whole,
    forwarding_class_vlan_priority: whole,
  },
  references: { qos_queue_refs: plain },
  links: [],
})
