import { parseAddress } from '../addresses.ts'
import { createObject } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure, quoted } from './failure.ts'
import { addressesOf, type FixedIp } from './port-view.ts'
import { type Resource, remove, type Session, withoutDashes } from './session.ts'

export function refuseTakenAddresses(
  session: Session,
  network: StoredObject,
  wanted: FixedIp[] | null | undefined,
  own: unknown[],
  isUpdate = false,
): void {
  const taken = session.world.store.referrers(network.uuid, 'instance-ip').map((ip) => ip.properties.instance_ip_address)
  for (const { ip_address: address } of wanted ?? []) {
    if (!address || own.includes(address)) continue
    if (isUpdate) throw new NeutronFailure('BadRequest', { resource: 'port', msg: 'Fixed ip cannot be updated on a port' })
    if (taken.includes(address)) throw new NeutronFailure('IpAddressInUse', { net_id: network.uuid, ip_address: address })
  }
}

/** With `fixed_ips` exactly those; without, one of each family that the network has. */
export function giveAddresses(session: Session, network: StoredObject, port: StoredObject, wish: Resource): void {
  const wanted = wish.fixed_ips as FixedIp[] | undefined
  const rollBack = () => {
    for (const ip of addressesOf(session, port)) remove(session, ip)
    remove(session, port)
  }
  if (wanted !== undefined) {
    try {
      for (const { ip_address, subnet_id } of wanted) addAddress(session, network, port, { ip_address, subnet_id })
    } catch (error) {
      rollBack()
      if (!(error instanceof Refused)) throw error
      if (error.status === 409) throw new NeutronFailure('Conflict', { message: error.message })
      if (error.status === 400) throw new NeutronFailure('BadRequest', { resource: 'port', msg: error.message })
      throw new NeutronFailure('IpAddressGenerationFailure', { net_id: network.uuid })
    }
    return
  }
  if ((network.references.network_ipam_refs ?? []).length === 0) return
  const problems: string[] = []
  for (const family of ['v4', 'v6']) {
    try {
      addAddress(session, network, port, { subnet_id: wish.subnet_id as string | undefined, family })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (error.status !== 400) {
        rollBack()
        throw new NeutronFailure('IpAddressGenerationFailure', { resource: 'port', msg: quoted(error) })
      }
      problems.push(error.message)
    }
  }
  if (problems.length < 2) return
  rollBack()
  throw new NeutronFailure('BadRequest', { resource: 'port', msg: problems.at(-1) })
}

function addAddress(
  session: Session,
  network: StoredObject,
  port: StoredObject,
  wish: { ip_address?: string | null | undefined; subnet_id?: string | null | undefined; family?: string },
): void {
  const { world, context } = session
  const uuid = world.store.newUuid()
  const version = wish.ip_address ? parseAddress(wish.ip_address)?.version : undefined
  createObject(world, context, 'instance-ip', {
    fq_name: [uuid],
    uuid,
    virtual_network_refs: [{ to: network.fq_name, uuid: network.uuid }],
    virtual_machine_interface_refs: [{ to: port.fq_name, uuid: port.uuid }],
    ...(wish.ip_address ? { instance_ip_address: wish.ip_address } : {}),
    ...(wish.subnet_id ? { subnet_uuid: wish.subnet_id } : {}),
    instance_ip_family: version === undefined ? wish.family : `v${version}`,
    perms2: { owner: withoutDashes(port.parent_uuid ?? ''), owner_access: 7, global_access: 0, share: [] },
  })
}

export function replaceAddresses(
  session: Session,
  network: StoredObject,
  port: StoredObject,
  own: StoredObject[],
  wanted: FixedIp[],
): void {
  const kept = wanted.flatMap(({ ip_address }) => (ip_address ? [ip_address] : []))
  for (const { ip_address, subnet_id } of wanted) if (!ip_address) addAddress(session, network, port, { subnet_id })
  for (const ip of own) if (!kept.includes(String(ip.properties.instance_ip_address))) remove(session, ip)
}

export function hasFixedIp(fixedIps: FixedIp[], wanted: Record<string, unknown[]> | undefined): boolean {
  if (!wanted) return true
  return fixedIps.some(
    (ip) => (wanted.ip_address ?? []).includes(ip.ip_address) || (wanted.subnet_id ?? []).includes(ip.subnet_id),
  )
}
