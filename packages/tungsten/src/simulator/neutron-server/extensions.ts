import type { SimResponse } from '@straylight/kit/simulator'
import { json, NeutronError } from './refusals.ts'

/**
 * What a Neutron with this plugin can do; the same for both generations. Names and texts come from neutron-lib and the plugin's `extensions/`.
 * https://github.com/OpenSDN-io/tf-neutron-plugin/tree/a707c4d/neutron_plugin_contrail/extensions
 */
const known: [alias: string, name: string, description: string, updated: string][] = [
  ['allowed-address-pairs', 'Allowed Address Pairs', 'Provides allowed address pairs', '2013-07-23T10:00:00-00:00'],
  ['binding', 'Port Binding', 'Expose port bindings of a virtual port to external application', '2014-02-03T10:00:00-00:00'],
  ['contrail', 'Contrail Extension', 'Contrail Extension', '2014-08-12T10:00:00-00:00'],
  [
    'external-net',
    'Neutron external network',
    'Adds external network attribute to network resource.',
    '2013-01-14T10:00:00-00:00',
  ],
  [
    'extra_dhcp_opt',
    'Neutron Extra DHCP options',
    'Extra options configuration for DHCP. For example PXE boot options to DHCP clients can be specified (e.g. tftp-server, server-ip-address, bootfile-name)',
    '2013-03-17T12:00:00-00:00',
  ],
  [
    'ipam',
    'Network IP Address Management',
    'Configuration object for holding common to a set of IP address blocks',
    '2012-07-20T10:00:00-00:00',
  ],
  ['net-mtu', 'Network MTU', 'Provides MTU attribute for a network resource.', '2015-03-25T10:00:00-00:00'],
  [
    'net-mtu-writable',
    'Network MTU (writable)',
    'Provides a writable MTU attribute for a network resource.',
    '2017-07-12T00:00:00-00:00',
  ],
  ['pagination', 'Pagination support', 'Extension that indicates that pagination is enabled.', '2016-06-12T00:00:00-00:00'],
  ['policy', 'Network Policy', 'Configuration object for Network Policies', '2012-07-20T10:00:00-00:00'],
  [
    'port-mac-address-regenerate',
    'Neutron Port MAC address regenerate',
    'Network port MAC address regenerate',
    '2018-05-03T10:00:00-00:00',
  ],
  ['port-security', 'Port Security', 'Provides port security', '2012-07-23T10:00:00-00:00'],
  [
    'project-id',
    'project_id field enabled',
    'Extension that indicates that project_id field is enabled.',
    '2016-09-09T09:09:09-09:09',
  ],
  ['provider', 'Provider Network', 'Expose mapping of virtual networks to physical networks', '2012-09-07T10:00:00-00:00'],
  [
    'quota_details',
    'Quota details management support',
    'Expose functions for quotas usage statistics per project',
    '2017-02-10T10:00:00-00:00',
  ],
  ['quotas', 'Quota management support', 'Expose functions for quotas management per tenant', '2012-07-29T10:00:00-00:00'],
  ['route-table', 'route-table', 'VPC route tables extension.', '2013-07-24T10:00:00-00:00'],
  [
    'router',
    'Neutron L3 Router',
    'Router abstraction for basic L3 forwarding between L2 Neutron networks and access to external networks via a NAT gateway.',
    '2012-07-20T10:00:00-00:00',
  ],
  ['security-group', 'security-group', 'The security groups extension.', '2012-10-05T10:00:00-00:00'],
  ['service-interface', 'service-interface', 'Service Interface', '2014-08-12T10:00:00-00:00'],
  ['sorting', 'Sorting support', 'Extension that indicates that sorting is enabled.', '2016-06-12T00:00:00-00:00'],
  [
    'standard-attr-description',
    'standard-attr-description',
    'Extension to add descriptions to standard attributes',
    '2016-02-10T10:00:00-00:00',
  ],
  [
    'standard-attr-tag',
    'Tag support for resources with standard attribute: port, subnet, trunk, network, router, floatingip, security_group',
    'Enables to set tag on resources with standard attribute.',
    '2017-01-01T00:00:00-00:00',
  ],
  [
    'standard-attr-timestamp',
    'Resource timestamps',
    'Adds created_at and updated_at fields to all Neutron resources that have Neutron standard attributes.',
    '2016-09-12T10:00:00-00:00',
  ],
  ['trunk', 'Trunk Extension', 'Provides support for trunk ports', '2016-01-01T10:00:00-00:00'],
  ['vf-binding', 'vf-binding', 'Bindings for Virtual Function', '2014-08-12T10:00:00-00:00'],
]

export const tungstenExtensions: readonly {
  alias: string
  name: string
  description: string
  updated: string
  links: never[]
}[] = known.map(([alias, name, description, updated]) => ({ alias, name, description, updated, links: [] }))

/** `GET /v2.0/extensions` or one of them. */
export function extensionsAnswer(alias: string | undefined): SimResponse {
  if (alias === undefined) return json(200, { extensions: tungstenExtensions })
  const extension = tungstenExtensions.find((one) => one.alias === alias)
  if (!extension) throw new NeutronError(404, 'HTTPNotFound', `Extension with alias ${alias} does not exist`)
  return json(200, { extension })
}
