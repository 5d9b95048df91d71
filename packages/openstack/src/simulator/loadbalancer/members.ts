import { asArray, asFlag, asNumber, asText, type Call, isObject, type JsonObject } from '../call.ts'
import { uuid } from '../ids.ts'
import { parseAddress } from '../network/addresses.ts'
import type { Route } from '../router.ts'
import type { World } from '../world.ts'
import {
  bad,
  balancerRoutes,
  changedPart,
  collection,
  conflicting,
  freshPart,
  lock,
  mandatory,
  missing,
  type Part,
  partView,
  wanted,
} from './answers.ts'
import { balancerOfPool, type Pool, poolOf } from './pools.ts'

export interface Member extends Part {
  poolId: string
  address: string
  port: number
  weight: number
  backup: boolean
  subnetId: string | null
  monitorAddress: string | null
  monitorPort: number | null
}

const path = '/pools/:id/members'

export const routes: Route[] = [
  ...balancerRoutes('GET', path, (call) => {
    const members = call.world.members.where('poolId', poolOf(call).id)
    return collection(
      call,
      'members',
      members.map((member) => view(call.world, member)),
    )
  }),
  ...balancerRoutes('POST', path, create),
  ...balancerRoutes('PUT', path, replaceAll),
  ...balancerRoutes('GET', `${path}/:member`, (call) => ({ status: 200, body: { member: view(call.world, memberOf(call)) } })),
  ...balancerRoutes('PUT', `${path}/:member`, update),
  ...balancerRoutes('DELETE', `${path}/:member`, remove),
]

const view = (world: World, member: Member): JsonObject => ({
  ...partView(member),
  operating_status: memberStatus(world, member),
  address: member.address,
  protocol_port: member.port,
  weight: member.weight,
  backup: member.backup,
  subnet_id: member.subnetId,
  monitor_address: member.monitorAddress,
  monitor_port: member.monitorPort,
})

/** A monitored member is well while a running server has its address. */
export function memberStatus(world: World, member: Member): string {
  if (world.healthMonitors.where('poolId', member.poolId).length === 0) return 'NO_MONITOR'
  const allocation = member.subnetId === null ? undefined : world.allocations.get(`${member.subnetId}/${member.address}`)
  const port = allocation
    ? world.ports.get(allocation.portId)
    : world.ports.find((each) => each.fixedIps.some((ip) => ip.ip_address === member.address))
  return world.servers.get(port?.deviceId ?? '')?.vmState === 'active' ? 'ONLINE' : 'ERROR'
}

function memberOf(call: Call): Member {
  const pool = poolOf(call)
  const id = call.params.member ?? ''
  const member = call.world.members.get(id)
  if (member?.poolId !== pool.id) throw missing('Member', id)
  return member
}

function insert(world: World, pool: Pool, asked: JsonObject): Member {
  mandatory(asked, ['address', 'protocol_port'])
  const address = String(asked.address)
  const port = asNumber(asked.protocol_port) ?? 0
  if (!parseAddress(address))
    throw bad(`Invalid input for field/attribute address. Value: '${address}'. Value should be IPv4 or IPv6 format`)
  const subnetId = asText(asked.subnet_id) ?? null
  if (subnetId !== null && !world.subnets.has(subnetId)) throw bad(`Subnet ${subnetId} not found.`)
  const twin = world.members
    .where('poolId', pool.id)
    .some((each) => each.address === address && each.port === port && each.provisioningStatus !== 'PENDING_DELETE')
  if (twin) throw conflicting(`Another member on this pool is already using ip ${address} on protocol_port ${port}`)
  return world.members.insert({
    id: uuid(),
    ...freshPart(world, pool.projectId, asked),
    poolId: pool.id,
    address,
    port,
    weight: asNumber(asked.weight) ?? 1,
    backup: asFlag(asked.backup) ?? false,
    subnetId,
    monitorAddress: asText(asked.monitor_address) ?? null,
    monitorPort: asNumber(asked.monitor_port) ?? null,
  })
}

function create(call: Call) {
  const { world } = call
  const pool = poolOf(call)
  const member = insert(world, pool, wanted(call, 'member'))
  lock(world, balancerOfPool(world, pool))
  return { status: 201, body: { member: view(world, member) } }
}

const changed = (world: World, before: Member, asked: JsonObject) => ({
  ...changedPart(world, before, asked),
  weight: asNumber(asked.weight) ?? before.weight,
  backup: asFlag(asked.backup) ?? before.backup,
  monitorAddress: 'monitor_address' in asked ? (asText(asked.monitor_address) ?? null) : before.monitorAddress,
  monitorPort: 'monitor_port' in asked ? (asNumber(asked.monitor_port) ?? null) : before.monitorPort,
})

function update(call: Call) {
  const { world } = call
  const before = memberOf(call)
  const asked = wanted(call, 'member')
  lock(world, balancerOfPool(world, poolOf(call)))
  return { status: 200, body: { member: view(world, world.members.update(before.id, changed(world, before, asked))) } }
}

/** The whole list at once: what is not in it goes, unless `additive_only`. */
function replaceAll(call: Call) {
  const { world } = call
  const pool = poolOf(call)
  const asked = asArray(call.body.members).filter(isObject)
  const old = world.members.where('poolId', pool.id)
  lock(world, balancerOfPool(world, pool))
  const same = (member: Member, each: JsonObject) =>
    member.address === each.address && member.port === asNumber(each.protocol_port)
  if (asFlag(call.query.get('additive_only') ?? 'false') !== true)
    for (const member of old)
      if (!asked.some((each) => same(member, each))) world.members.update(member.id, { provisioningStatus: 'PENDING_DELETE' })
  for (const each of asked) {
    const existing = old.find((member) => same(member, each))
    if (existing) world.members.update(existing.id, changed(world, existing, each))
    else insert(world, pool, each)
  }
  return { status: 202 }
}

function remove(call: Call) {
  const { world } = call
  const member = memberOf(call)
  lock(world, balancerOfPool(world, poolOf(call)))
  world.members.update(member.id, { provisioningStatus: 'PENDING_DELETE' })
  return { status: 204 }
}
