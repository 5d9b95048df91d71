import { Collapsed, NeutronError } from './refusals.ts'

/**
 * Neutron's exceptions by name: status, text with its parameters, and what a parameter is when the backend does not name it.
 * https://opendev.org/openstack/neutron-lib/src/branch/master/neutron_lib/exceptions and neutron/extensions/securitygroup.py
 */
const exceptions: Record<string, [status: number, text: string, fallbacks?: Record<string, string>]> = {
  BadRequest: [400, 'Bad %(resource)s request: %(msg)s.'],
  InvalidInput: [400, 'Invalid input for operation: %(error_message)s.'],
  NotFound: [404, 'An unknown exception occurred.'],
  Conflict: [409, 'An unknown exception occurred.'],
  NotAuthorized: [403, 'Not authorized.'],
  AdminRequired: [403, 'User does not have admin privileges: %(reason)s.'],
  OverQuota: [409, 'Quota exceeded for resources: %(overs)s.'],
  ServiceUnavailable: [503, 'The service is unavailable.'],
  NetworkNotFound: [404, 'Network %(net_id)s could not be found.'],
  SubnetNotFound: [404, 'Subnet %(subnet_id)s could not be found.'],
  PortNotFound: [404, 'Port %(port_id)s could not be found.'],
  RouterNotFound: [404, 'Router %(router_id)s could not be found'],
  FloatingIPNotFound: [404, 'Floating IP %(floatingip_id)s could not be found'],
  SecurityGroupNotFound: [404, 'Security group %(id)s does not exist'],
  SecurityGroupRuleNotFound: [404, 'Security group rule %(id)s does not exist'],
  NetworkInUse: [
    409,
    'Unable to complete operation on network %(net_id)s. %(reason)s.',
    { reason: 'There are one or more ports still in use on the network' },
  ],
  SubnetInUse: [
    409,
    'Unable to complete operation on subnet %(subnet_id)s: %(reason)s.',
    { reason: 'One or more ports have an IP allocation from this subnet' },
  ],
  PortInUse: [
    409,
    'Unable to complete operation on port %(port_id)s for network %(net_id)s. Port already has an attached device %(device_id)s.',
  ],
  RouterInUse: [409, 'Router %(router_id)s %(reason)s', { reason: 'still has ports' }],
  SecurityGroupInUse: [409, 'Security Group %(id)s %(reason)s.', { reason: 'in use' }],
  IpAddressInUse: [409, 'Unable to complete operation for network %(net_id)s. The IP address %(ip_address)s is in use.'],
  IpAddressGenerationFailure: [409, 'No more IP addresses available on network %(net_id)s.'],
  MacAddressInUse: [409, 'Unable to complete operation for network %(net_id)s. The mac address %(mac)s is in use.'],
  RouterInterfaceNotFound: [404, 'Router %(router_id)s does not have an interface with id %(port_id)s'],
  RouterInterfaceNotFoundForSubnet: [404, 'Router %(router_id)s has no interface on subnet %(subnet_id)s'],
  SubnetMismatchForPort: [400, 'Subnet on port %(port_id)s does not match the requested subnet %(subnet_id)s.'],
  FloatingIPPortAlreadyAssociated: [
    409,
    'Cannot associate floating IP %(floating_ip_address)s (%(fip_id)s) with port %(port_id)s using fixed IP %(fixed_ip)s, as that fixed IP already has a floating IP on external network %(net_id)s.',
  ],
  SecurityGroupCannotRemoveDefault: [409, 'Insufficient rights for removing default security group.'],
  SecurityGroupCannotUpdateDefault: [409, 'Updating default security group not allowed.'],
  SecurityGroupRuleExists: [409, 'Security group rule already exists. Rule id is %(rule_id)s.'],
  SecurityGroupInvalidPortRange: [400, 'For TCP/UDP protocols, port_range_min must be <= port_range_max'],
  SecurityGroupInvalidIcmpValue: [400, 'Invalid value for ICMP %(field)s (%(attr)s) %(value)s. It must be 0 to 255.'],
  SecurityGroupMissingIcmpType: [
    400,
    'ICMP code (port-range-max) %(value)s is provided but ICMP type (port-range-min) is missing.',
  ],
  SecurityGroupProtocolRequiredWithPorts: [400, 'Must also specify protocol if port range is given.'],
  SecurityGroupRuleInvalidProtocol: [
    400,
    'Security group rule protocol %(protocol)s not supported. Only protocol values %(values)s and integer representations [0 to 255] are supported.',
  ],
  SecurityGroupRuleParameterConflict: [400, 'Conflicting value ethertype %(ethertype)s for CIDR %(cidr)s'],
  AddressPairAndPortSecurityRequired: [409, 'Port Security must be enabled in order to have allowed address pairs on a port.'],
  PortSecurityPortHasSecurityGroup: [
    409,
    'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
  ],
  PortSecurityAndIPRequiredForSecurityGroups: [
    400,
    'Port security must be enabled and port must have an IP address in order to use security groups.',
  ],
}

/**
 * The exception that a refusal of the backend names, raised again. One that Neutron does not know is only logged, and the plugin goes on with nothing.
 * https://github.com/OpenSDN-io/tf-neutron-plugin/blob/a707c4d/neutron_plugin_contrail/plugins/opencontrail/contrail_plugin_base.py (`_raise_contrail_error`)
 *
 * @param info the body of the backend's answer
 * @param resource what the plugin had asked for
 */
export function raised(info: Record<string, unknown>, resource: string): Error {
  const name = String(info.exception)
  if (name === 'SecurityGroupRemoteGroupAndRemoteIpPrefix')
    return raised({ exception: 'BadRequest', resource: 'security_group_rule', msg: 'Cannot specify prefix and group' }, resource)
  const exception = exceptions[name]
  if (!exception) return new Collapsed(`the plugin does not know ${name}`)
  const [status, text, fallbacks] = exception
  const values: Record<string, unknown> = { resource, ...fallbacks, ...info }
  const names = [...text.matchAll(/%\((\w+)\)s/g)].map(([, parameter]) => parameter as string)
  // A parameter that is missing leaves the text as it stands in the source.
  const message = names.every((parameter) => parameter in values)
    ? text.replace(/%\((\w+)\)s/g, (_all, parameter: string) => python(values[parameter]))
    : text
  return new NeutronError(status, name, message)
}

const python = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => `'${item}'`).join(', ')}]`
  return value === null || value === undefined ? 'None' : String(value)
}
