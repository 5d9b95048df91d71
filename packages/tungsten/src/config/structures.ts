import { anything, list, structure, text, whole, word, yesNo } from '../decode.ts'

/**
 * Structures that properties and `attr`s are made of, as `schema/all_cfg.xsd` of tf-api-client defines them.
 * An enumeration names the words of today; other words pass, a newer server may have them.
 */

export const subnet = structure({ ip_prefix: text, ip_prefix_len: whole })

export const allocationPool = structure({ start: text, end: text, vrouter_specific_pool: yesNo })

export const dhcpOptions = structure({
  dhcp_option: list(structure({ dhcp_option_name: text, dhcp_option_value: text, dhcp_option_value_bytes: text })),
})

export const routes = structure({
  route: list(
    structure({
      prefix: text,
      next_hop: text,
      next_hop_type: word('service-instance', 'ip-address'),
      community_attributes: anything,
    }),
  ),
})

/** A subnet lives in the `attr` of a virtual network's reference to an IPAM; it is no object of its own. */
export const ipamSubnet = structure({
  subnet,
  subnet_uuid: text,
  subnet_name: text,
  default_gateway: text,
  dns_server_address: text,
  enable_dhcp: yesNo,
  dns_nameservers: list(text),
  allocation_pools: list(allocationPool),
  /** Addresses from the bottom up; without it from the top down. The Neutron path sets it. */
  addr_from_start: yesNo,
  dhcp_option_list: dhcpOptions,
  host_routes: routes,
  alloc_unit: whole,
  created: text,
  last_modified: text,
})

export const networkSubnets = structure({ ipam_subnets: list(ipamSubnet), host_routes: routes })

export const ipamManagement = structure({
  ipam_method: word('dhcp', 'fixed'),
  ipam_dns_method: word('none', 'default-dns-server', 'tenant-dns-server', 'virtual-dns-server'),
  ipam_dns_server: anything,
  dhcp_option_list: dhcpOptions,
  cidr_block: subnet,
  host_routes: routes,
})

/** `target:64512:1001`. A malformed one makes the server answer 500. */
export const routeTargets = structure({ route_target: list(text) })

export const policyAttachment = structure({ sequence: structure({ major: whole, minor: whole }), timer: anything })

export const mirrorAction = structure({
  analyzer_name: text,
  encapsulation: text,
  analyzer_ip_address: text,
  analyzer_mac_address: text,
  routing_instance: text,
  udp_port: whole,
  juniper_header: yesNo,
  nh_mode: word('dynamic', 'static'),
  static_nh_header: structure({ vtep_dst_ip_address: text, vtep_dst_mac_address: text, vni: whole }),
  nic_assisted_mirroring: yesNo,
  nic_assisted_mirroring_vlan: whole,
})

const address = structure({
  subnet,
  virtual_network: text,
  /** `local` is this group itself; another group by its full name, `a:b:c`. */
  security_group: text,
  network_policy: text,
  subnet_list: list(subnet),
})
const ports = structure({ start_port: whole, end_port: whole })

export const policyRule = structure({
  rule_uuid: text,
  rule_sequence: structure({ major: whole, minor: whole }),
  direction: word('>', '<>'),
  protocol: text,
  ethertype: word('IPv4', 'IPv6'),
  src_addresses: list(address),
  src_ports: list(ports),
  application: list(text),
  dst_addresses: list(address),
  dst_ports: list(ports),
  action_list: structure({
    simple_action: word('deny', 'pass'),
    gateway_name: text,
    apply_service: list(text),
    mirror_to: mirrorAction,
    assign_routing_instance: text,
    log: yesNo,
    alert: yesNo,
    qos_action: text,
    host_based_service: yesNo,
  }),
  created: text,
  last_modified: text,
  description: text,
})

export const policyRules = structure({ policy_rule: list(policyRule) })

export const addressPairs = structure({
  allowed_address_pair: list(structure({ ip: subnet, mac: text, address_mode: word('active-active', 'active-standby') })),
})

/** Limits of a project; -1 means none, an absent one means `defaults`, and an absent `defaults` the default project's. */
export const quota = structure({
  defaults: whole,
  virtual_network: whole,
  subnet: whole,
  virtual_machine_interface: whole,
  instance_ip: whole,
  floating_ip: whole,
  floating_ip_pool: whole,
  security_group: whole,
  security_group_rule: whole,
  logical_router: whole,
  network_policy: whole,
  network_ipam: whole,
  route_table: whole,
  service_template: whole,
  service_instance: whole,
  access_control_list: whole,
  virtual_DNS: whole,
  virtual_DNS_record: whole,
  loadbalancer: whole,
  loadbalancer_listener: whole,
  loadbalancer_pool: whole,
  loadbalancer_member: whole,
  loadbalancer_healthmonitor: whole,
  firewall_group: whole,
  firewall_policy: whole,
  firewall_rule: whole,
})
