import { list, structure, text, yesNo } from '../../decode.ts'
import { quota } from '../structures.ts'
import { describe, plain } from './resource.ts'

export const domain = describe({
  parents: ['config-root'],
  properties: {},
  references: {},
  links: ['projects', 'api_access_lists'],
})

/**
 * A Keystone project; its uuid is Keystone's id with dashes. It appears when somebody reads it by that id, not before, and is deleted
 * by the resync of every minute once Keystone has deleted it and it is empty.
 */
export const project = describe({
  parents: ['domain'],
  properties: { quota, alarm_enable: yesNo, vxlan_routing: yesNo, enable_security_policy_draft: yesNo },
  references: { application_policy_set_refs: plain, floating_ip_pool_refs: plain },
  links: [
    'virtual_networks',
    'virtual_machine_interfaces',
    'security_groups',
    'network_policys',
    'network_ipams',
    'logical_routers',
    'route_tables',
    'interface_route_tables',
    'service_instances',
    'loadbalancers',
    'loadbalancer_listeners',
    'loadbalancer_pools',
    'loadbalancer_healthmonitors',
    'qos_configs',
    'bgp_as_a_services',
    'bgpvpns',
    'application_policy_sets',
    'api_access_lists',
    'tags',
    'service_health_checks',
    'floating_ip_back_refs',
  ],
})

/** Who may do what with which type, when `aaa_mode` is `rbac`: `role_crud` holds letters of CRUD. */
export const apiAccessList = describe({
  parents: ['domain', 'project', 'global-system-config'],
  properties: {
    api_access_list_entries: structure({
      rbac_rule: list(
        structure({ rule_object: text, rule_field: text, rule_perms: list(structure({ role_name: text, role_crud: text })) }),
      ),
    }),
  },
  references: {},
  links: [],
})
