import { type Clock, UpstreamError } from '@straylight/kit'
import { expect } from 'vitest'
import { connectTungsten, type ResourceType, type Tungsten } from '../../src/index.ts'

/** A system to hold to the contract: the simulator, or a real one. */
export interface Target {
  configUrl: string
  analyticsUrl: string
  /** Neutron with the plugin, without its version; without it that part of the contract is not judged. */
  neutronUrl?: string | undefined
  /** Of an account with the cloud admin role. */
  token: () => Promise<string>
  clock: Clock
  close?(): Promise<void>
}

const domain = 'default-domain'

/** The world of one run of the contract. */
export class World {
  readonly target: Target
  readonly tungsten: Tungsten
  /** Names of everything that this run makes begin with it. */
  readonly prefix: string
  readonly project: { uuid: string; fqName: string[] }
  readonly #made: { type: ResourceType; uuid: string }[] = []

  private constructor(target: Target, tungsten: Tungsten, prefix: string, project: { uuid: string; fqName: string[] }) {
    this.target = target
    this.tungsten = tungsten
    this.prefix = prefix
    this.project = project
  }

  static async open(target: Target): Promise<World> {
    const { configUrl, analyticsUrl, token } = target
    const tungsten = connectTungsten({ configUrl, analyticsUrl, token })
    const prefix = `contract-${target.clock.now().getTime().toString(36)}`
    const fqName = [domain, prefix]
    const { uuid } = await tungsten.config.create('project', { fq_name: fqName, parent_type: 'domain' })
    return new World(target, tungsten, prefix, { uuid, fqName })
  }

  get config() {
    return this.tungsten.config
  }

  /** The full name of something in the project of this run. */
  name(name: string): string[] {
    return [...this.project.fqName, name]
  }

  /** Notes that something is to be deleted at the end, the last first. */
  later(type: ResourceType, uuid: string): string {
    this.#made.push({ type, uuid })
    return uuid
  }

  /** A network with one subnet, in the project. */
  async network(name: string, cidr: string, more: object = {}): Promise<string> {
    const [ip_prefix = '', length] = cidr.split('/')
    const { uuid } = await this.config.create('virtual-network', {
      fq_name: this.name(name),
      parent_type: 'project',
      network_ipam_refs: [
        {
          to: [domain, 'default-project', 'default-network-ipam'],
          attr: { ipam_subnets: [{ subnet: { ip_prefix, ip_prefix_len: Number(length) } }] },
        },
      ],
      ...more,
    })
    return this.later('virtual-network', uuid)
  }

  /** An interface on a network. */
  async port(name: string, networkId: string): Promise<string> {
    const { fq_name } = await this.config.read('virtual-network', networkId, { fields: [] })
    const { uuid } = await this.config.create('virtual-machine-interface', {
      fq_name: this.name(name),
      parent_type: 'project',
      virtual_network_refs: [{ to: fq_name, uuid: networkId }],
    })
    return this.later('virtual-machine-interface', uuid)
  }

  /** An address of a network on an interface; the server chooses it unless it is given. */
  async address(networkId: string, portId: string, address?: string): Promise<{ uuid: string; address: string }> {
    const network = await this.config.read('virtual-network', networkId, { fields: [] })
    const port = await this.config.read('virtual-machine-interface', portId, { fields: [] })
    const { uuid } = await this.config.create('instance-ip', {
      fq_name: [`${this.prefix}-${portId.slice(0, 8)}-${address ?? 'any'}`],
      virtual_network_refs: [{ to: network.fq_name, uuid: networkId }],
      virtual_machine_interface_refs: [{ to: port.fq_name, uuid: portId }],
      ...(address === undefined ? {} : { instance_ip_address: address }),
    })
    this.later('instance-ip', uuid)
    const read = await this.config.read('instance-ip', uuid)
    return { uuid, address: read.instance_ip_address ?? '' }
  }

  async refused(call: () => Promise<unknown>): Promise<UpstreamError> {
    const error = await call().then(
      () => expect.fail('it was not refused'),
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(UpstreamError)
    return error as UpstreamError
  }

  /** What `look` gives first that is not `undefined`, asked once a second for at most `seconds`. */
  async soon<T>(look: () => Promise<T | undefined> | T | undefined, seconds = 30): Promise<T> {
    for (let second = 0; second < seconds; second++) {
      const found = await look()
      if (found !== undefined) return found
      await this.target.clock.sleep(1000)
    }
    return expect.fail(`it did not come to pass within ${seconds} s`)
  }

  async tidyUp(): Promise<void> {
    const troubles: unknown[] = []
    const groups = await this.config.list('security-group', { parentIds: [this.project.uuid] })
    const steps = [
      ...this.#made.reverse(),
      ...groups.map(({ uuid }) => ({ type: 'security-group' as const, uuid })),
      { type: 'project' as const, uuid: this.project.uuid },
    ]
    for (const { type, uuid } of steps)
      await this.config.delete(type, uuid).catch((error: unknown) => {
        if (!(error instanceof UpstreamError && error.kind === 'not_found')) troubles.push(error)
      })
    await this.target.close?.()
    if (troubles.length > 0) throw new AggregateError(troubles, `left behind: ${troubles.map(String).join('; ')}`)
  }
}
