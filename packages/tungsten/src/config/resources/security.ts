import { structure, text, whole, yesNo } from '../../decode.ts'
import { policyRules } from '../structures.ts'
import { describe, plain } from './resource.ts'

/** At least one side of each rule is `local`: ingress rules have it as destination, egress rules as source. */
export const securityGroup = describe({
  parents: ['project'],
  properties: { security_group_entries: policyRules, security_group_id: whole, configured_security_group_id: whole },
  references: {},
  links: ['virtual_machine_interface_back_refs', 'access_control_lists'],
})

export const networkPolicy = describe({
  parents: ['project'],
  properties: { network_policy_entries: policyRules },
  references: {},
  links: ['virtual_network_back_refs'],
})

export const applicationPolicySet = describe({
  parents: ['policy-management', 'project'],
  properties: { all_applications: yesNo, draft_mode_state: text },
  references: { firewall_policy_refs: structure({ sequence: text }), global_vrouter_config_refs: plain },
  links: ['project_back_refs'],
})

/** Its name is made by the server: `type=value`. */
export const tag = describe({
  parents: ['config-root', 'project'],
  properties: { tag_type_name: text, tag_value: text, tag_id: text, tag_predefined: yesNo },
  references: { tag_type_refs: plain },
  links: ['virtual_network_back_refs', 'virtual_machine_interface_back_refs'],
})
