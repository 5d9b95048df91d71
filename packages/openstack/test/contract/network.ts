import { beforeAll, describe, expect, test } from 'vitest'
import type { Network, Port, Subnet } from '../../src/index.ts'
import { type Customer, must, type World } from './target.ts'

export function networkContract(world: () => World): void {
  describe('network', () => {
    let customer: Customer
    let outside: Network
    let network: Network
    let subnet: Subnet
    let port: Port
    beforeAll(async () => {
      customer = await world().customer()
      outside = must(await customer.own.network.networks.find({ name: world().target.externalNetwork, isExternal: true }))
    })

    test('external networks are seen by customers, and which they are', async () => {
      expect(outside).toMatchObject({ isExternal: true, status: 'ACTIVE', isShared: false })
      expect(await customer.own.network.networks.list({ isExternal: true }).all()).toContainEqual(outside)
      expect(await customer.own.network.networks.list({ isExternal: false, projectId: customer.projectId }).all()).toEqual([])
    })

    test('a network and a subnet are made, found by name, and show their defaults', async () => {
      const { networks, subnets } = customer.own.network
      network = await networks.create({ name: 'lan', description: 'of the contract' })
      world().later(() => networks.remove(network.id))
      expect(world().lastAnswer.status).toBe(201)
      expect(network).toMatchObject({
        name: 'lan',
        status: 'ACTIVE',
        isUp: true,
        isExternal: false,
        projectId: customer.projectId,
        subnetIds: [],
      })
      expect(network.mtu).toBeGreaterThan(1000)
      subnet = await subnets.create({ name: 'lan', networkId: network.id, cidr: '10.61.0.0/24', dnsServers: ['9.9.9.9'] })
      expect(subnet).toMatchObject({
        cidr: '10.61.0.0/24',
        ipVersion: 4,
        gatewayIp: '10.61.0.1',
        isDhcpEnabled: true,
        allocationPools: [{ start: '10.61.0.2', end: '10.61.0.254' }],
        dnsServers: ['9.9.9.9'],
        hostRoutes: [],
      })
      expect(await networks.find({ name: 'lan' })).toMatchObject({ id: network.id, subnetIds: [subnet.id] })
      expect(await subnets.find({ name: 'lan', networkId: network.id })).toMatchObject({ id: subnet.id })
      expect(await networks.find({ name: 'la' })).toBeUndefined()
      expect(await subnets.get(subnet.id)).toEqual(subnet)
      expect(await networks.update(network.id, { description: 'changed' })).toMatchObject({ name: 'lan', description: 'changed' })
    })

    test('customers do not see the networks of others, and are told that they are not there', async () => {
      const other = await world().customer()
      expect(await other.own.network.networks.find({ name: 'lan' })).toBeUndefined()
      const { error, status, body } = await world().refused(() => other.own.network.networks.get(network.id))
      expect(status).toBe(404)
      expect(body).toEqual({
        NeutronError: { type: 'NetworkNotFound', message: `Network ${network.id} could not be found.`, detail: '' },
      })
      expect(error).toMatchObject({ kind: 'not_found', code: 'neutron.not_found', effect: 'none' })
    })

    test('names are not unique, and the older one is found', async () => {
      const { networks } = customer.own.network
      await world().target.clock.sleep(1100)
      const second = await networks.create({ name: 'lan' })
      expect(second.id).not.toBe(network.id)
      expect(await networks.find({ name: 'lan' })).toMatchObject({ id: network.id })
      expect(await networks.list({ name: 'lan' }).all()).toHaveLength(2)
      await networks.remove(second.id)
      expect(world().lastAnswer.status).toBe(204)
    })

    test('an overlapping subnet on the same network is refused', async () => {
      const { error, status, body } = await world().refused(() =>
        customer.own.network.subnets.create({ name: 'again', networkId: network.id, cidr: '10.61.0.0/25' }),
      )
      expect(status).toBe(400)
      expect(body).toMatchObject({ NeutronError: { type: 'InvalidInput' } })
      expect(error).toMatchObject({ kind: 'invalid', code: 'neutron.invalid' })
    })

    test('a second subnet, of IPv6, comes and goes', async () => {
      const { subnets, networks } = customer.own.network
      const second = await subnets.create({ name: 'six', networkId: network.id, cidr: 'fd00:61::/64', ipVersion: 6 })
      expect(second).toMatchObject({
        ipVersion: 6,
        cidr: 'fd00:61::/64',
        gatewayIp: 'fd00:61::',
        isDhcpEnabled: true,
        allocationPools: [{ start: 'fd00:61::1', end: 'fd00:61::ffff:ffff:ffff:ffff' }],
      })
      expect((await networks.get(network.id)).subnetIds.sort()).toEqual([subnet.id, second.id].sort())
      await subnets.remove(second.id)
      expect(world().lastAnswer.status).toBe(204)
      expect((await world().refused(() => subnets.get(second.id))).status).toBe(404)
    })

    test('a subnet changes its name servers and routes', async () => {
      const changed = await customer.own.network.subnets.update(subnet.id, {
        dnsServers: ['1.1.1.1', '9.9.9.9'],
        hostRoutes: [{ destination: '192.0.2.0/24', nextHop: '10.61.0.9' }],
      })
      expect(changed.dnsServers.sort()).toEqual(['1.1.1.1', '9.9.9.9'])
      expect(changed.hostRoutes).toEqual([{ destination: '192.0.2.0/24', nextHop: '10.61.0.9' }])
    })

    test('a port is made under a name and found by it, with an address of the subnet', async () => {
      const { ports } = customer.own.network
      port = await ports.create({
        name: 'port-of-my-id',
        networkId: network.id,
        addresses: [{ subnetId: subnet.id, address: '10.61.0.50' }],
      })
      world().later(() => ports.remove(port.id))
      expect(port).toMatchObject({
        name: 'port-of-my-id',
        status: 'DOWN',
        deviceId: undefined,
        addresses: [{ subnetId: subnet.id, address: '10.61.0.50' }],
        isPortSecurityEnabled: true,
        projectId: customer.projectId,
      })
      expect(port.mac).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/)
      expect(port.securityGroupIds).toHaveLength(1)
      expect(await ports.find({ name: 'port-of-my-id' })).toMatchObject({ id: port.id })
      expect(await ports.list({ address: '10.61.0.50' }).all()).toMatchObject([{ id: port.id }])
      expect(await ports.find({ name: 'port-of-another-id' })).toBeUndefined()
    })

    test('an address is given once', async () => {
      const { ports } = customer.own.network
      const { error, status, body } = await world().refused(() =>
        ports.create({ name: 'second', networkId: network.id, addresses: [{ subnetId: subnet.id, address: '10.61.0.50' }] }),
      )
      expect(status).toBe(409)
      expect(body).toMatchObject({ NeutronError: { type: 'IpAddressAlreadyAllocated' } })
      expect(error).toMatchObject({ kind: 'conflict', code: 'neutron.exists' })
    })

    test('lists go on by marker', async () => {
      const { ports } = customer.own.network
      const more = await ports.create({ name: 'more', networkId: network.id })
      const all = (await ports.list().all()).map(({ id }) => id).sort()
      const paged = (await ports.list({ pageSize: 1 }).all()).map(({ id }) => id).sort()
      expect(paged).toEqual(all)
      expect(all).toEqual(expect.arrayContaining([port.id, more.id]))
      const both = await ports.listOf({ ids: [port.id, more.id] }).all()
      expect(both.map(({ id }) => id).sort()).toEqual([port.id, more.id].sort())
      await ports.remove(more.id)
    })

    test('a port changes its name, its groups and its DHCP options', async () => {
      const { ports, securityGroups } = customer.own.network
      const group = await securityGroups.create({ name: 'web', description: 'for the web' })
      world().later(() => securityGroups.remove(group.id))
      expect(group.rules.map(({ direction, ipVersion }) => `${direction} ${ipVersion}`).sort()).toEqual(['egress 4', 'egress 6'])
      const changed = await ports.update(port.id, {
        description: 'mine',
        securityGroupIds: [group.id],
        dhcpOptions: [{ name: 'mtu', value: '1400' }],
      })
      expect(changed).toMatchObject({ description: 'mine', securityGroupIds: [group.id] })
      expect(await ports.get(port.id)).toMatchObject({ description: 'mine', securityGroupIds: [group.id] })
      expect(world().lastAnswer.json.port).toMatchObject({ extra_dhcp_opts: [{ opt_name: 'mtu', opt_value: '1400' }] })
      await securityGroups.update(group.id, { description: 'for all of the web' })
      expect(await securityGroups.get(group.id)).toMatchObject({ name: 'web', description: 'for all of the web' })
      const { error, status } = await world().refused(() => securityGroups.remove(group.id))
      expect(status).toBe(409)
      expect(error).toMatchObject({ kind: 'conflict', code: 'neutron.in_use' })
      world().later(() => ports.remove(port.id))
    })

    test('the same rule is refused, and found instead, in whatever notation it is asked for', async () => {
      const { securityGroups, securityGroupRules } = customer.own.network
      const group = must(await securityGroups.find({ name: 'web' }))
      const ssh = {
        direction: 'ingress',
        ipVersion: 4,
        protocol: 'tcp',
        portFrom: 22,
        portTo: 22,
        remoteCidr: '198.51.100.0/24',
      } as const
      const rule = await securityGroupRules.create(group.id, { ...ssh, description: 'ssh' })
      expect(rule).toMatchObject({ ...ssh, groupId: group.id, description: 'ssh' })
      const { error, status, body } = await world().refused(() => securityGroupRules.create(group.id, ssh))
      expect(status).toBe(409)
      expect(body).toEqual({
        NeutronError: {
          type: 'SecurityGroupRuleExists',
          message: `Security group rule already exists. Rule id is ${rule.id}.`,
          detail: '',
        },
      })
      expect(error).toMatchObject({ kind: 'conflict', code: 'neutron.exists', effect: 'none' })
      expect(await securityGroupRules.find(group.id, { ...ssh, protocol: '6' })).toMatchObject({ id: rule.id })
      expect(await securityGroupRules.find(group.id, { ...ssh, portTo: 23 })).toBeUndefined()
      await securityGroupRules.remove(rule.id)
      expect(await securityGroupRules.find(group.id, ssh)).toBeUndefined()
    })

    test('a rule for everything keeps no ports and no prefix', async () => {
      const { securityGroups, securityGroupRules } = customer.own.network
      const group = must(await securityGroups.find({ name: 'web' }))
      const rule = await securityGroupRules.create(group.id, {
        direction: 'ingress',
        ipVersion: 6,
        protocol: 'any',
        portFrom: 0,
        portTo: 65_535,
        remoteCidr: '::/0',
      })
      expect(rule).toMatchObject({ protocol: undefined, portFrom: undefined, portTo: undefined, remoteCidr: undefined })
    })

    test('a project has a group "default" that its members cannot take away', async () => {
      const { securityGroups } = customer.own.network
      const group = must(await securityGroups.find({ name: 'default' }))
      expect(group.rules).toHaveLength(4)
      const { error, status } = await world().refused(() => securityGroups.remove(group.id))
      expect(status).toBe(409)
      expect(error.kind).toBe('conflict')
    })

    test('a router takes the subnet outside, once', async () => {
      const { routers } = customer.own.network
      const router = await routers.create({ name: 'gate', externalNetworkId: outside.id })
      world().later(() => routers.remove(router.id))
      expect(router).toMatchObject({ name: 'gate', gateway: { networkId: outside.id, isSnatEnabled: true }, routes: [] })
      expect(must(router.gateway).addresses).toHaveLength(1)
      const plugged = await routers.addInterface(router.id, subnet.id)
      world().later(() => routers.removeInterface(router.id, subnet.id))
      expect(plugged).toMatchObject({ routerId: router.id, subnetId: subnet.id })
      expect(
        await customer.own.network.ports.list({ deviceId: router.id, deviceOwner: 'network:router_interface' }).all(),
      ).toMatchObject([{ id: plugged.portId, addresses: [{ address: '10.61.0.1' }] }])
      const twice = await world().refused(() => routers.addInterface(router.id, subnet.id))
      expect(twice.status).toBe(400)
      expect(twice.error).toMatchObject({ kind: 'conflict', code: 'neutron.exists' })
      const inUse = await world().refused(() => routers.remove(router.id))
      expect(inUse.status).toBe(409)
      expect(inUse.body).toMatchObject({ NeutronError: { type: 'RouterInUse' } })
      expect(inUse.error).toMatchObject({ kind: 'conflict', code: 'neutron.in_use' })
    })

    test('a renamed router keeps its gateway', async () => {
      const { routers } = customer.own.network
      const router = must(await routers.find({ name: 'gate' }))
      expect(await routers.update(router.id, { name: 'tor' })).toMatchObject({ name: 'tor', gateway: { networkId: outside.id } })
      expect(await routers.update(router.id, { name: 'gate' })).toMatchObject({
        name: 'gate',
        gateway: { networkId: outside.id },
      })
      expect(await routers.get(router.id)).toMatchObject({ name: 'gate', gateway: { networkId: outside.id } })
    })

    test('a network with a port on it stays', async () => {
      const { error, status, body } = await world().refused(() => customer.own.network.networks.remove(network.id))
      expect(status).toBe(409)
      expect(body).toMatchObject({ NeutronError: { type: 'NetworkInUse' } })
      expect(error).toMatchObject({ kind: 'conflict', code: 'neutron.in_use' })
    })

    test('a floating IP carries our id in its description and is found by it, comes onto a port and off again', async () => {
      const { floatingIps } = customer.own.network
      const floating = await floatingIps.create({ networkId: outside.id, description: 'address-of-my-id' })
      world().later(() => floatingIps.remove(floating.id))
      expect(floating).toMatchObject({ status: 'DOWN', portId: undefined, fixedAddress: undefined, networkId: outside.id })
      expect(await floatingIps.find({ description: 'address-of-my-id' })).toMatchObject({
        id: floating.id,
        address: floating.address,
      })
      expect(await floatingIps.find({ description: 'address-of-another-id' })).toBeUndefined()
      const on = await floatingIps.update(floating.id, { portId: port.id, fixedAddress: '10.61.0.50' })
      expect(on).toMatchObject({ portId: port.id, fixedAddress: '10.61.0.50' })
      expect(await floatingIps.find({ portId: port.id })).toMatchObject({ id: floating.id })
      expect(await floatingIps.get(floating.id)).toMatchObject({ portId: port.id, description: 'address-of-my-id' })
      for (const many of [{ portIds: [port.id] }, { ids: [floating.id] }])
        expect(await floatingIps.listOf(many).all()).toMatchObject([{ id: floating.id }])
      const router = must(await customer.own.network.routers.find({ name: 'gate' }))
      expect(on.routerId).toBe(router.id)
      const needed = await world().refused(() => customer.own.network.routers.removeInterface(router.id, subnet.id))
      expect(needed.status).toBe(409)
      expect(needed.error).toMatchObject({ kind: 'conflict', code: 'neutron.in_use' })
      expect(await floatingIps.update(floating.id, { portId: null })).toMatchObject({
        portId: undefined,
        fixedAddress: undefined,
      })
      await floatingIps.remove(floating.id)
      const gone = await world().refused(() => floatingIps.remove(floating.id))
      expect(gone.status).toBe(404)
      expect(gone.body).toMatchObject({ NeutronError: { type: 'FloatingIPNotFound' } })
    })

    test('quotas are set by admins, counted, and enforced with 409', async () => {
      const { quotas } = world().admin.network
      await quotas.update(customer.projectId, { floatingIps: 1, networks: 5 })
      expect(await quotas.get(customer.projectId)).toMatchObject({
        floatingIps: { limit: 1, inUse: 0 },
        networks: { limit: 5, inUse: 1 },
        routers: { inUse: 1 },
      })
      const { floatingIps } = customer.own.network
      const floating = await floatingIps.create({ networkId: outside.id })
      world().later(() => floatingIps.remove(floating.id))
      const { error, status, body } = await world().refused(() => floatingIps.create({ networkId: outside.id }))
      expect(status).toBe(409)
      expect(body).toMatchObject({
        NeutronError: { type: 'OverQuota', message: "Quota exceeded for resources: ['floatingip']." },
      })
      expect(error).toMatchObject({ kind: 'limit', code: 'neutron.quota_exceeded', effect: 'none', retryable: false })
      await floatingIps.remove(floating.id)
      await quotas.reset(customer.projectId)
      const refused = await world().refused(() => customer.own.network.quotas.update(customer.projectId, { networks: 99 }))
      expect(refused.status).toBe(403)
    })

    test('the dialect is discovered from the extensions', async () => {
      const dialect = await customer.own.network.dialect()
      expect(dialect.kind).toBe('neutron')
      for (const alias of ['router', 'security-group', 'quotas', 'standard-attr-description'])
        expect(dialect.extensions).toContain(alias)
    })

    test('admins see the agents, the zones and how many addresses are taken', async () => {
      const { agents, availability } = world().admin.network
      const running = await agents.list().all()
      expect(running.length).toBeGreaterThan(0)
      for (const agent of running) expect(agent).toMatchObject({ isEnabled: true, host: expect.any(String) })
      expect(await availability.zones().all()).toContainEqual({ name: 'nova', resource: 'network', isAvailable: true })
      const addresses = await availability.addressesOf(network.id)
      expect(addresses).toMatchObject({ networkId: network.id, total: 253, subnets: [{ cidr: '10.61.0.0/24' }] })
      expect(addresses.used).toBeGreaterThanOrEqual(2)
      expect((await availability.addresses().all()).map(({ networkId }) => networkId)).toContain(network.id)
    })
  })
}
