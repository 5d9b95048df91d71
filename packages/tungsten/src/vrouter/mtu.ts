/**
 * MTU arithmetic of the vRouter's tunnels. Head-space computations: https://github.com/tungstenfabric/tf-vrouter/blob/432a8e0/dp-core/vr_nexthop.c,
 * header sizes: https://github.com/tungstenfabric/tf-vrouter/blob/432a8e0/include/vr_packet.h
 */

export const encapsulations = ['MPLSoGRE', 'MPLSoUDP', 'VXLAN'] as const
export type Encapsulation = (typeof encapsulations)[number]

const header = { ip: 20, gre: 4, udp: 8, vxlan: 8, mpls: 4, ethernet: 14, controlWord: 4 } as const

/**
 * Bytes that a tunnel puts before the inner IP packet.
 *
 * @param options.bridged frames with their Ethernet header (EVPN) rather than IP packets; VXLAN is always bridged
 * @param options.controlWord the network has `layer2_control_word`
 * @param options.extraLabels MPLS labels beyond the first
 */
export function tunnelOverhead(
  encapsulation: Encapsulation,
  options: { bridged?: boolean; controlWord?: boolean; extraLabels?: number } = {},
): number {
  if (encapsulation === 'VXLAN') return header.ip + header.udp + header.vxlan + header.ethernet
  const tunnel =
    header.ip + (encapsulation === 'MPLSoGRE' ? header.gre : header.udp) + header.mpls * (1 + (options.extraLabels ?? 0))
  if (!options.bridged) return tunnel
  return tunnel + header.ethernet + (options.controlWord ? header.controlWord : 0)
}

/** The largest IP packet of a guest that crosses a fabric of this MTU unfragmented. */
export const innerMtu = (
  encapsulation: Encapsulation,
  fabricMtu: number,
  options: Parameters<typeof tunnelOverhead>[1] = {},
): number => fabricMtu - tunnelOverhead(encapsulation, options)

/** What the vRouter reserves when it clamps the MSS of TCP, for the worst tunnel: 20 of IP, 8 of UDP or GRE with a key, and labels; bridged also Ethernet and more. */
const clampReserve = { routed: 40, bridged: 62 } as const
const tcpHeader = 20

/**
 * The MSS that the vRouter writes into passing SYNs: `1420` for IPv4 on a fabric of 1500 (routed). TCP alone is helped by it; UDP, IPsec and traffic that enters
 * over a gateway are not, which is the reason for guests that connect and then hang.
 * https://github.com/tungstenfabric/tf-vrouter/blob/432a8e0/dp-core/vr_packet.c
 */
export const clampedMss = (fabricMtu: number, options: { bridged?: boolean; ipVersion?: 4 | 6 } = {}): number =>
  fabricMtu - clampReserve[options.bridged ? 'bridged' : 'routed'] - (options.ipVersion === 6 ? 40 : header.ip) - tcpHeader

/** The MTU that a fabric needs so that guests may keep theirs, whatever the tunnel: 1562 for 1500. */
export const fabricMtuFor = (guestMtu: number): number => guestMtu + clampReserve.bridged

/** The MTU to give to guests on a fabric of this MTU when any of the encapsulations may be chosen. */
export const safeGuestMtu = (fabricMtu: number): number =>
  Math.min(...encapsulations.map((encapsulation) => innerMtu(encapsulation, fabricMtu, { bridged: true, controlWord: true })))

/**
 * The DHCP option that tells a guest its MTU, for Neutron's `extra_dhcp_opts` of a port. The `mtu` of a network does not reach guests:
 * "DHCP will not use the MTU value and it will not be inherited by VMIs".
 * https://github.com/tungstenfabric/docs/blob/6b0d876/release/releases/R21.12.md
 */
export const mtuOption = (mtu: number): { opt_name: '26'; opt_value: string } => ({ opt_name: '26', opt_value: String(mtu) })
