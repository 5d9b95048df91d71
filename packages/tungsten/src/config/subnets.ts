import { notFound, restated, UpstreamError } from '@straylight/kit'
import type { Decoded } from '../decode.ts'
import type { ConfigApi } from './api.ts'
import type { Resource } from './resources/index.ts'
import type { ipamSubnet } from './structures.ts'

export type Subnet = Decoded<typeof ipamSubnet>

/** The IPAM that the Neutron path uses for every network. */
export const defaultIpam = ['default-domain', 'default-project', 'default-network-ipam'] as const

/** The subnets of a network, in order, out of the `attr`s of its references to IPAMs. */
export const subnetsOf = (network: Pick<Resource<'virtual-network'>, 'network_ipam_refs'>): Subnet[] =>
  (network.network_ipam_refs ?? []).flatMap((reference) => reference.attr?.ipam_subnets ?? [])

const attempts = 3

/**
 * Adds a subnet to a network and gives it as the server has completed it (`subnet_uuid`, `default_gateway`, `dns_server_address`).
 * A range that the network has already is given as it is, so a call that failed can be repeated.
 * The server keeps a network's subnets in one list that is written whole, so a writer at the same moment may have undone ours: it is believed when it is read back,
 * and tried again when it is not there.
 *
 * @throws UpstreamError `tungsten.invalid` for an overlap, `tungsten.not_written` when another writer won every time; whatever fails after the first
 *   writing has effect `unknown`
 */
export async function addSubnet(
  config: ConfigApi,
  networkId: string,
  subnet: Subnet,
  ipam: readonly string[] = defaultIpam,
): Promise<Subnet> {
  let written = 0
  try {
    for (;;) {
      const { network_ipam_refs: references = [] } = await config.read('virtual-network', networkId, {
        fields: ['network_ipam_refs'],
      })
      const there = subnetsOf({ network_ipam_refs: references }).find((one) => sameRange(one, subnet))
      if (there) return there
      if (written === attempts) break
      const known = references.find(({ to }) => same(to, ipam))
      const changed = known
        ? references.map((reference) =>
            reference === known ? withSubnets(reference, [...subnetsOfReference(reference), subnet]) : reference,
          )
        : [...references, { to: [...ipam], attr: { ipam_subnets: [subnet] } }]
      await config.update('virtual-network', networkId, { network_ipam_refs: changed })
      written++
    }
  } catch (error) {
    throw written > 0 && error instanceof UpstreamError ? restated(error, { effect: 'unknown' }) : error
  }
  throw new UpstreamError({
    service: 'tungsten',
    kind: 'silent',
    code: 'tungsten.not_written',
    message: `the subnet ${subnet.subnet?.ip_prefix}/${subnet.subnet?.ip_prefix_len} was accepted ${attempts} times and is not on network ${networkId}`,
    retryable: true,
    effect: 'unknown',
  })
}

/**
 * Takes a subnet off a network.
 *
 * @throws CallerError `tungsten.no_such_subnet`, UpstreamError `tungsten.conflict` while addresses of it are in use
 */
export async function removeSubnet(config: ConfigApi, networkId: string, subnetId: string): Promise<void> {
  const { network_ipam_refs: references = [] } = await config.read('virtual-network', networkId, {
    fields: ['network_ipam_refs'],
  })
  if (!subnetsOf({ network_ipam_refs: references }).some((subnet) => subnet.subnet_uuid === subnetId))
    throw notFound('tungsten.no_such_subnet', `network ${networkId} has no subnet ${subnetId}`)
  const changed = references.flatMap((reference) => {
    const subnets = subnetsOfReference(reference)
    const kept = subnets.filter((subnet) => subnet.subnet_uuid !== subnetId)
    if (kept.length === subnets.length) return [reference]
    return kept.length > 0 ? [withSubnets(reference, kept)] : []
  })
  await config.update('virtual-network', networkId, { network_ipam_refs: changed })
}

type IpamReference = NonNullable<Resource<'virtual-network'>['network_ipam_refs']>[number]

const subnetsOfReference = (reference: IpamReference): Subnet[] => reference.attr?.ipam_subnets ?? []
const withSubnets = (reference: IpamReference, subnets: Subnet[]): IpamReference => ({
  ...reference,
  attr: { ...reference.attr, ipam_subnets: subnets },
})
const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((part, index) => part === b[index])
const sameRange = (a: Subnet, b: Subnet): boolean =>
  a.subnet?.ip_prefix === b.subnet?.ip_prefix && a.subnet?.ip_prefix_len === b.subnet?.ip_prefix_len
