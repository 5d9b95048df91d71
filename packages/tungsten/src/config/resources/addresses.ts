import { list, structure, text, whole, word, yesNo } from '../../decode.ts'
import { describe, plain } from './resource.ts'

export const floatingIpPool = describe({
  parents: ['virtual-network'],
  properties: { floating_ip_pool_subnets: structure({ subnet_uuid: list(text) }) },
  references: {},
  links: ['floating_ips', 'project_back_refs'],
})

/** `project_refs` says whose it is; without it the project of the pool's network is taken. */
export const floatingIp = describe({
  parents: ['floating-ip-pool', 'instance-ip'],
  properties: {
    floating_ip_address: text,
    floating_ip_fixed_ip_address: text,
    floating_ip_address_family: word('v4', 'v6'),
    floating_ip_traffic_direction: word('ingress', 'egress', 'both'),
    floating_ip_port_mappings_enable: yesNo,
    floating_ip_port_mappings: structure({
      port_mappings: list(structure({ protocol: text, src_port: whole, dst_port: whole })),
    }),
    floating_ip_is_virtual_ip: yesNo,
  },
  references: { project_refs: plain, virtual_machine_interface_refs: plain },
  links: [],
})

export const aliasIpPool = describe({
  parents: ['virtual-network'],
  properties: {},
  references: {},
  links: ['alias_ips', 'project_back_refs'],
})

export const aliasIp = describe({
  parents: ['alias-ip-pool'],
  properties: { alias_ip_address: text, alias_ip_address_family: word('v4', 'v6') },
  references: { project_refs: plain, virtual_machine_interface_refs: plain },
  links: [],
})
