import type { Decoder } from '../../decode.ts'
import { aliasIp, aliasIpPool, floatingIp, floatingIpPool } from './addresses.ts'
import {
  loadbalancer,
  loadbalancerHealthmonitor,
  loadbalancerListener,
  loadbalancerMember,
  loadbalancerPool,
} from './balancers.ts'
import { networkIpam, routingInstance, virtualNetwork } from './networks.ts'
import { instanceIp, virtualMachine, virtualMachineInterface } from './ports.ts'
import { apiAccessList, domain, project } from './projects.ts'
import { type ChangesOf, type DraftOf, decoderOf, type ObjectOf } from './resource.ts'
import { bgpAsAService, bgpvpn, interfaceRouteTable, logicalRouter, routeTable, routeTarget } from './routing.ts'
import { applicationPolicySet, networkPolicy, securityGroup, tag } from './security.ts'
import { forwardingClass, portTuple, qosConfig, serviceHealthCheck, serviceInstance, serviceTemplate } from './services.ts'
import { globalSystemConfig, globalVrouterConfig, virtualRouter } from './system.ts'

/** The types that a portal touches, by the name that URLs and bodies use. */
export const resourceShapes = {
  domain,
  project,
  'api-access-list': apiAccessList,
  'virtual-network': virtualNetwork,
  'network-ipam': networkIpam,
  'routing-instance': routingInstance,
  'virtual-machine': virtualMachine,
  'virtual-machine-interface': virtualMachineInterface,
  'instance-ip': instanceIp,
  'floating-ip-pool': floatingIpPool,
  'floating-ip': floatingIp,
  'alias-ip-pool': aliasIpPool,
  'alias-ip': aliasIp,
  'security-group': securityGroup,
  'network-policy': networkPolicy,
  'application-policy-set': applicationPolicySet,
  tag,
  'logical-router': logicalRouter,
  'route-table': routeTable,
  'interface-route-table': interfaceRouteTable,
  'route-target': routeTarget,
  bgpvpn,
  'bgp-as-a-service': bgpAsAService,
  'service-template': serviceTemplate,
  'service-instance': serviceInstance,
  'port-tuple': portTuple,
  'service-health-check': serviceHealthCheck,
  'qos-config': qosConfig,
  'forwarding-class': forwardingClass,
  loadbalancer,
  'loadbalancer-listener': loadbalancerListener,
  'loadbalancer-pool': loadbalancerPool,
  'loadbalancer-member': loadbalancerMember,
  'loadbalancer-healthmonitor': loadbalancerHealthmonitor,
  'global-system-config': globalSystemConfig,
  'global-vrouter-config': globalVrouterConfig,
  'virtual-router': virtualRouter,
}

export type ResourceType = keyof typeof resourceShapes
/** An object as it was read: `Resource<'virtual-network'>`. */
export type Resource<T extends ResourceType> = ObjectOf<(typeof resourceShapes)[T]>
/** An object to be made. */
export type Draft<T extends ResourceType> = DraftOf<(typeof resourceShapes)[T]>
/** Fields to be changed: each replaces what was there, structures and lists of references as a whole. */
export type Changes<T extends ResourceType> = ChangesOf<(typeof resourceShapes)[T]>

const decoders = new Map<string, Decoder<unknown>>(
  Object.entries(resourceShapes).map(([type, shape]) => [type, decoderOf(shape)]),
)

export const decodeResource = <T extends ResourceType>(type: T, value: unknown, at: string): Resource<T> =>
  (decoders.get(type) as Decoder<Resource<T>>)(value, at)

/** Collections and children are the type's name and an `s`, whatever English says: `network-policys`, `forwarding-classs`. */
export const collectionOf = (type: string): string => `${type}s`

/** Fields use underscores where types use hyphens. `virtual-DNS` keeps its capitals. */
export const underscored = (type: string): string => type.replaceAll('-', '_')
