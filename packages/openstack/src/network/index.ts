import type { Service } from '../service.ts'
import { type Dialect, Dialects } from './dialect.ts'
import { FloatingIps } from './floating-ips.ts'
import { Networks } from './networks.ts'
import { Ports } from './ports.ts'
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
  readonly #dialects: Dialects

  constructor(neutron: Service, known: { dialect?: Promise<Dialect> }) {
    this.#dialects = new Dialects(neutron, known)
    this.networks = new Networks(neutron, this.#dialects)
    this.subnets = new Subnets(neutron, this.#dialects)
    this.routers = new Routers(neutron, this.#dialects)
    this.ports = new Ports(neutron, this.#dialects)
    this.floatingIps = new FloatingIps(neutron)
    this.securityGroups = new SecurityGroups(neutron)
    this.securityGroupRules = new SecurityGroupRules(neutron)
  }

  /** What stands behind the API and which extensions it has; asked once per cloud. */
  dialect(): Promise<Dialect> {
    return this.#dialects.get()
  }
}
