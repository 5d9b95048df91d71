import { list, structure, text, whole, word, yesNo } from '../../decode.ts'
import { describe, keyValuePairs, plain } from './resource.ts'

export const loadbalancer = describe({
  parents: ['project'],
  properties: {
    loadbalancer_properties: structure({
      vip_address: text,
      vip_subnet_id: text,
      admin_state: yesNo,
      provisioning_status: text,
      operating_status: text,
      status: text,
    }),
    loadbalancer_provider: text,
  },
  references: { virtual_machine_interface_refs: plain, service_instance_refs: plain, service_appliance_set_refs: plain },
  links: ['loadbalancer_listener_back_refs'],
})

export const loadbalancerListener = describe({
  parents: ['project'],
  properties: {
    loadbalancer_listener_properties: structure({
      protocol: word('HTTP', 'HTTPS', 'TCP', 'UDP', 'TERMINATED_HTTPS'),
      protocol_port: whole,
      admin_state: yesNo,
      connection_limit: whole,
      default_tls_container: text,
      sni_containers: list(text),
    }),
  },
  references: { loadbalancer_refs: plain },
  links: ['loadbalancer_pool_back_refs'],
})

export const loadbalancerPool = describe({
  parents: ['project'],
  properties: {
    loadbalancer_pool_properties: structure({
      protocol: word('HTTP', 'HTTPS', 'TCP', 'UDP', 'TERMINATED_HTTPS'),
      loadbalancer_method: word('ROUND_ROBIN', 'LEAST_CONNECTIONS', 'SOURCE_IP'),
      session_persistence: word('SOURCE_IP', 'HTTP_COOKIE', 'APP_COOKIE'),
      persistence_cookie_name: text,
      subnet_id: text,
      admin_state: yesNo,
      status: text,
    }),
    loadbalancer_pool_provider: text,
    loadbalancer_pool_custom_attributes: keyValuePairs,
  },
  references: {
    loadbalancer_listener_refs: plain,
    loadbalancer_healthmonitor_refs: plain,
    virtual_machine_interface_refs: plain,
  },
  links: ['loadbalancer_members'],
})

export const loadbalancerMember = describe({
  parents: ['loadbalancer-pool'],
  properties: {
    loadbalancer_member_properties: structure({
      address: text,
      protocol_port: whole,
      weight: whole,
      subnet_id: text,
      admin_state: yesNo,
      status: text,
    }),
  },
  references: {},
  links: [],
})

/** The only type of ours whose properties are mandatory. */
export const loadbalancerHealthmonitor = describe({
  parents: ['project'],
  properties: {
    loadbalancer_healthmonitor_properties: structure({
      monitor_type: word('PING', 'TCP', 'HTTP', 'HTTPS'),
      delay: whole,
      timeout: whole,
      max_retries: whole,
      http_method: text,
      url_path: text,
      expected_codes: text,
      admin_state: yesNo,
    }),
  },
  references: {},
  links: ['loadbalancer_pool_back_refs'],
})
