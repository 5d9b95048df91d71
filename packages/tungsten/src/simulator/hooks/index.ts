import type { Body } from '../objects.ts'
import type { StoredObject } from '../store.ts'
import type { Context, World } from '../world.ts'
import { aliasIpHooks, floatingIpHooks, floatingIpPoolHooks } from './floating-ips.ts'
import { instanceIpHooks } from './instance-ips.ts'
import { virtualMachineInterfaceHooks } from './interfaces.ts'
import { logicalRouterHooks } from './logical-routers.ts'
import { virtualNetworkHooks } from './networks.ts'
import { networkPolicyHooks, routeTargetHooks, securityGroupHooks } from './policies.ts'
import { projectHooks } from './projects.ts'
import { tagHooks } from './tags.ts'

/** What the server does beyond storing, type by type. A hook refuses by throwing `Refused`. */
export interface Hooks {
  /** Before the name is looked up; may change it. */
  beforeNaming?(body: Body): void
  /** Gives back how to undo what it took, if it took something. */
  beforeCreate?(world: World, context: Context, body: Body, parent: StoredObject | undefined): (() => void) | undefined
  afterCreate?(world: World, context: Context, object: StoredObject, body: Body): void
  beforeUpdate?(world: World, context: Context, object: StoredObject, body: Body): void
  afterUpdate?(world: World, context: Context, object: StoredObject): void
  /** Runs before anything is checked, so what it does stays done when the delete is refused. */
  beforeDeleteChecks?(world: World, context: Context, object: StoredObject): void
  beforeDelete?(world: World, context: Context, object: StoredObject): void
  afterDelete?(world: World, context: Context, object: StoredObject): void
}

const none: Hooks = {}

export function hooksOf(type: string): Hooks {
  switch (type) {
    case 'project':
      return projectHooks
    case 'virtual-network':
      return virtualNetworkHooks
    case 'virtual-machine-interface':
      return virtualMachineInterfaceHooks
    case 'instance-ip':
      return instanceIpHooks
    case 'floating-ip-pool':
      return floatingIpPoolHooks
    case 'floating-ip':
      return floatingIpHooks
    case 'alias-ip':
      return aliasIpHooks
    case 'security-group':
      return securityGroupHooks
    case 'network-policy':
      return networkPolicyHooks
    case 'logical-router':
      return logicalRouterHooks
    case 'route-target':
      return routeTargetHooks
    case 'tag':
      return tagHooks
    default:
      return none
  }
}
