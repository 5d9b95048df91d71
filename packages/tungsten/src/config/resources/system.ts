import { anything, list, structure, text, whole, word, yesNo } from '../../decode.ts'
import { describe, plain } from './resource.ts'

export const globalSystemConfig = describe({
  parents: ['config-root'],
  properties: {
    autonomous_system: whole,
    enable_4byte_as: yesNo,
    config_version: text,
    ibgp_auto_mesh: yesNo,
    igmp_enable: yesNo,
    mac_aging_time: whole,
    ip_fabric_subnets: anything,
    enable_security_policy_draft: yesNo,
  },
  references: {},
  links: ['virtual_routers', 'global_vrouter_configs', 'api_access_lists'],
})

export const globalVrouterConfig = describe({
  parents: ['global-system-config'],
  properties: {
    encapsulation_priorities: structure({ encapsulation: list(word('MPLSoGRE', 'MPLSoUDP', 'VXLAN')) }),
    forwarding_mode: word('l2_l3', 'l2', 'l3'),
    vxlan_network_identifier_mode: word('configured', 'automatic'),
    flow_export_rate: whole,
    max_vm_flows_percent: whole,
    global_max_vmi_flows: whole,
    encryption_mode: word('all', 'none'),
    enable_security_logging: yesNo,
    linklocal_services: structure({
      linklocal_service_entry: list(
        structure({
          linklocal_service_name: text,
          linklocal_service_ip: text,
          linklocal_service_port: whole,
          ip_fabric_DNS_service_name: text,
          ip_fabric_service_port: whole,
          ip_fabric_service_ip: list(text),
        }),
      ),
    }),
  },
  references: {},
  links: ['application_policy_set_back_refs'],
})

/** A node with a vRouter: its name is the host name. */
export const virtualRouter = describe({
  parents: ['global-system-config'],
  properties: { virtual_router_ip_address: text, virtual_router_type: text, virtual_router_dpdk_enabled: yesNo },
  references: { virtual_machine_refs: plain, network_ipam_refs: plain },
  links: ['virtual_machine_interfaces', 'instance_ip_back_refs'],
})
