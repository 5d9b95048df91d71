import { beforeAll, describe, expect, test } from 'vitest'
import type { LoadBalancer } from '../../src/index.ts'
import type { Customer, World } from './target.ts'

/** Octavia is not everywhere. Where the catalogue has it, all of this holds; where not, a call says so in the client's own words. */
export function loadBalancersContract(world: () => World): void {
  describe('load balancers', () => {
    let customer: Customer
    let isOffered: boolean
    let balancer: LoadBalancer
    let subnetId: string
    beforeAll(async () => {
      isOffered = await world().admin.offers('octavia')
      if (!isOffered) return
      customer = await world().customer()
      const { network } = customer.own
      const lan = await network.networks.create({ name: 'lan' })
      world().later(() => network.networks.remove(lan.id))
      subnetId = (await network.subnets.create({ name: 'lan', networkId: lan.id, cidr: '10.63.0.0/24' })).id
      balancer = await customer.own.loadBalancers.create({ name: 'front', vipSubnetId: subnetId })
      world().later(async () => {
        await customer.own.loadBalancers.waitUntilActive(balancer.id)
        await customer.own.loadBalancers.remove(balancer.id, { withParts: true })
        await customer.own.loadBalancers.waitUntilGone(balancer.id)
      })
    })

    test('without the service, a call fails before anything is sent', async () => {
      if (isOffered) return expect((await world().admin.identity.whoami()).services).toContain('load-balancer')
      await expect(world().admin.loadBalancers.list().all()).rejects.toMatchObject({
        kind: 'not_found',
        code: 'octavia.not_in_catalogue',
        effect: 'none',
      })
    })

    test('one is pending first, refuses changes until it is active, and has an address', async () => {
      if (!isOffered) return expect(balancer).toBeUndefined()
      expect(balancer).toMatchObject({ name: 'front', provisioningStatus: 'PENDING_CREATE', projectId: customer.projectId })
      const { error, status, body } = await world().refused(() =>
        customer.own.loadBalancers.update(balancer.id, { name: 'soon' }),
      )
      expect(status).toBe(409)
      expect(body).toMatchObject({
        faultstring: `Load Balancer ${balancer.id} is immutable and cannot be updated.`,
        faultcode: 'Client',
        debuginfo: null,
      })
      expect(error).toMatchObject({ kind: 'conflict', code: 'octavia.immutable', retryable: true, effect: 'none' })
      const active = await customer.own.loadBalancers.waitUntilActive(balancer.id)
      expect(active.vip).toMatchObject({ address: expect.stringMatching(/^10\.63\.0\./), subnetId })
      expect(await customer.own.loadBalancers.find({ name: 'front' })).toMatchObject({ id: balancer.id })
    })

    test('a listener, a pool, members and a monitor hang below it', async () => {
      if (!isOffered) return expect(balancer).toBeUndefined()
      const { loadBalancers } = customer.own
      const { listeners, pools, members, healthMonitors } = loadBalancers
      const listener = await listeners.create({ name: 'http', loadBalancerId: balancer.id, protocol: 'HTTP', port: 80 })
      expect(listener).toMatchObject({
        protocol: 'HTTP',
        port: 80,
        provisioningStatus: 'PENDING_CREATE',
        loadBalancerIds: [balancer.id],
      })
      await loadBalancers.waitUntilActive(balancer.id)
      const pool = await pools.create({ name: 'web', protocol: 'HTTP', algorithm: 'ROUND_ROBIN', listenerId: listener.id })
      await loadBalancers.waitUntilActive(balancer.id)
      expect(await listeners.get(listener.id)).toMatchObject({ defaultPoolId: pool.id })
      const member = await members.create(pool.id, { address: '10.63.0.10', port: 8080, subnetId, weight: 5 })
      expect(member).toMatchObject({ address: '10.63.0.10', port: 8080, weight: 5, isBackup: false })
      await loadBalancers.waitUntilActive(balancer.id)
      const twice = await world().refused(() => members.create(pool.id, { address: '10.63.0.10', port: 8080, subnetId }))
      expect(twice.status).toBe(409)
      const monitor = await healthMonitors.create({
        name: 'alive',
        poolId: pool.id,
        type: 'HTTP',
        delaySeconds: 5,
        timeoutSeconds: 3,
        maxRetries: 3,
        urlPath: '/health',
      })
      expect(monitor).toMatchObject({ type: 'HTTP', urlPath: '/health', delaySeconds: 5, poolIds: [pool.id] })
      await loadBalancers.waitUntilActive(balancer.id)
      const tree = await loadBalancers.status(balancer.id)
      expect(tree).toMatchObject({
        kind: 'loadbalancer',
        id: balancer.id,
        children: [{ kind: 'listener', id: listener.id, children: [{ kind: 'pool', id: pool.id }] }],
      })
      expect(tree.children[0]?.children[0]?.children.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual([
        `health_monitor ${monitor.id}`,
        `member ${member.id}`,
      ])
      expect(await listeners.find({ name: 'http', loadBalancerId: balancer.id })).toMatchObject({ id: listener.id })
      expect(await pools.find({ name: 'web', loadBalancerId: balancer.id })).toMatchObject({ id: pool.id })
      expect(await members.find(pool.id, { address: '10.63.0.10', port: 8080 })).toMatchObject({ id: member.id })
      expect(await healthMonitors.find({ poolId: pool.id })).toMatchObject({ id: monitor.id })
      expect(await listeners.update(listener.id, { connectionLimit: 100 })).toMatchObject({ id: listener.id })
      await loadBalancers.waitUntilActive(balancer.id)
      expect(await pools.update(pool.id, { algorithm: 'LEAST_CONNECTIONS' })).toMatchObject({ id: pool.id })
      await loadBalancers.waitUntilActive(balancer.id)
      expect(await members.update(pool.id, member.id, { weight: 7 })).toMatchObject({ id: member.id })
      await loadBalancers.waitUntilActive(balancer.id)
      expect(await healthMonitors.update(monitor.id, { delaySeconds: 9 })).toMatchObject({ id: monitor.id })
      await loadBalancers.waitUntilActive(balancer.id)
      expect(await listeners.get(listener.id)).toMatchObject({ connectionLimit: 100 })
      expect(await pools.get(pool.id)).toMatchObject({ algorithm: 'LEAST_CONNECTIONS' })
      expect(await members.get(pool.id, member.id)).toMatchObject({ weight: 7 })
      expect(await healthMonitors.get(monitor.id)).toMatchObject({ delaySeconds: 9 })
      await members.replaceAll(pool.id, [{ address: '10.63.0.11', port: 8080, subnetId }])
      await loadBalancers.waitUntilActive(balancer.id)
      const left = await members.list(pool.id).all()
      expect(left.map(({ address }) => address)).toEqual(['10.63.0.11'])
      for (const { id } of left) {
        await members.remove(pool.id, id)
        await loadBalancers.waitUntilActive(balancer.id)
      }
      await healthMonitors.remove(monitor.id)
      await loadBalancers.waitUntilActive(balancer.id)
      expect((await loadBalancers.status(balancer.id)).children[0]?.children[0]?.children).toEqual([])
    })

    test('a broken one moves to another machine, and keeps its address', async () => {
      if (!isOffered) return expect(balancer).toBeUndefined()
      const { vip } = await customer.own.loadBalancers.get(balancer.id)
      await world().admin.loadBalancers.failover(balancer.id)
      expect(await customer.own.loadBalancers.waitUntilActive(balancer.id)).toMatchObject({ vip: { address: vip.address } })
    })

    test('its counters are told', async () => {
      if (!isOffered) return expect(balancer).toBeUndefined()
      const counters = {
        activeConnections: expect.any(Number),
        totalConnections: expect.any(Number),
        bytesIn: expect.any(Number),
        bytesOut: expect.any(Number),
        requestErrors: expect.any(Number),
      }
      const { loadBalancers } = customer.own
      expect(await loadBalancers.statistics(balancer.id)).toMatchObject(counters)
      const [listener] = await loadBalancers.listeners.list({ loadBalancerId: balancer.id }).all()
      expect(await loadBalancers.listeners.statistics(listener?.id ?? '')).toMatchObject(counters)
    })

    test('with parts it goes only as a whole', async () => {
      if (!isOffered) return expect(balancer).toBeUndefined()
      const { loadBalancers } = customer.own
      const { status } = await world().refused(() => loadBalancers.remove(balancer.id))
      expect(status).toBe(400)
      const [[listener], [pool]] = [
        await loadBalancers.listeners.list({ loadBalancerId: balancer.id }).all(),
        await loadBalancers.pools.list({ loadBalancerId: balancer.id }).all(),
      ]
      await loadBalancers.listeners.remove(listener?.id ?? '')
      await loadBalancers.waitUntilActive(balancer.id)
      expect(await loadBalancers.pools.list({ loadBalancerId: balancer.id }).all()).toHaveLength(1)
      await loadBalancers.pools.remove(pool?.id ?? '')
      await loadBalancers.waitUntilActive(balancer.id)
      await loadBalancers.pools.create({ name: 'last', protocol: 'HTTP', algorithm: 'ROUND_ROBIN', loadBalancerId: balancer.id })
      await loadBalancers.waitUntilActive(balancer.id)
      await loadBalancers.remove(balancer.id, { withParts: true })
      expect(world().lastAnswer.status).toBe(204)
      await loadBalancers.waitUntilGone(balancer.id)
    })
  })
}
