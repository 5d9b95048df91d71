import type { Service } from '../service.ts'
import { HealthMonitors } from './health-monitors.ts'
import { Listeners } from './listeners.ts'
import { LoadBalancerStore } from './load-balancers.ts'
import { Members } from './members.ts'
import { Pools } from './pools.ts'

/** Octavia. The load balancers themselves are at the top: `loadBalancers.list()`, `loadBalancers.create(…)`. */
export class LoadBalancers extends LoadBalancerStore {
  readonly listeners: Listeners
  readonly pools: Pools
  readonly members: Members
  readonly healthMonitors: HealthMonitors

  constructor(octavia: Service) {
    super(octavia)
    this.listeners = new Listeners(octavia)
    this.pools = new Pools(octavia)
    this.members = new Members(octavia)
    this.healthMonitors = new HealthMonitors(octavia)
  }
}
