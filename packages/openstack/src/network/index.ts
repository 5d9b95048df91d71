import type { Service } from '../service.ts'
import { NetworkAgents } from './agents.ts'
import { NetworkAvailability } from './availability.ts'
import { type Dialect, Dialects } from './dialect.ts'
import { FloatingIps } from './floating-ips.ts'
import { Networks } from './networks.ts'
import { Ports } from './ports.ts'
import { NetworkQuotaSets } from './quotas.ts'
import { Routers } from './routers.ts'
import { SecurityGroupRules } from './security-group-rules.ts'
import { SecurityGroups } from './security-groups.ts'
import { Subnets } from './subnets.ts'

/** Neutron. */
export class NetworkService {
  readonly networks: Networks
  readonly subnets: Subnets
  readonly routers: Routers
  readonly ports: Ports
  readonly floatingIps: FloatingIps
  readonly securityGroups: SecurityGroups
  readonly securityGroupRules: SecurityGroupRules
  readonly quotas: NetworkQuotaSets
  readonly agents: NetworkAgents
  readonly availability: NetworkAvailability
  readonly #dialects: Dialects

  constructor(neutron: Service) {
    this.#dialects = new Dialects(neutron)
    this.networks = new Networks(neutron, this.#dialects)
    this.subnets = new Subnets(neutron, this.#dialects)
    this.routers = new Routers(neutron, this.#dialects)
    this.ports = new Ports(neutron, this.#dialects)
    this.floatingIps = new FloatingIps(neutron)
    this.securityGroups = new SecurityGroups(neutron)
    this.securityGroupRules = new SecurityGroupRules(neutron)
    this.quotas = new NetworkQuotaSets(neutron)
    this.agents = new NetworkAgents(neutron)
    this.availability = new NetworkAvailability(neutron)
  }

  /** What stands behind the API and which extensions it has; asked once per cloud. */
  dialect(): Promise<Dialect> {
    return this.#dialects.get()
  }
}
