import { beforeAll, describe, expect, test } from 'vitest'
import type { Flavor } from '../../src/index.ts'
import { type Customer, must, type World } from './target.ts'

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHb0nVn1VlyPSs2BKkbMf2YW5hKzEX9ULxZr8wxFmzHK contract'

export function computeContract(world: () => World): void {
  describe('compute', () => {
    let customer: Customer
    let flavor: Flavor
    beforeAll(async () => {
      customer = await world().customer()
    })

    test('flavors are listed, found by name and got by id', async () => {
      flavor = must(await customer.own.compute.flavors.find({ name: world().target.flavorName }))
      expect(flavor).toMatchObject({
        name: world().target.flavorName,
        isPublic: true,
        isDisabled: false,
        swapMib: 0,
        ephemeralGib: 0,
      })
      expect(flavor.vcpus).toBeGreaterThan(0)
      expect(flavor.ramMib).toBeGreaterThan(0)
      expect(await customer.own.compute.flavors.get(flavor.id)).toEqual(flavor)
      expect(await customer.own.compute.flavors.find({ name: 'no-such-flavor' })).toBeUndefined()
      const all = await customer.own.compute.flavors.list().all()
      expect((await customer.own.compute.flavors.list({ pageSize: 1 }).all()).map(({ id }) => id)).toEqual(
        all.map(({ id }) => id),
      )
    })

    test('admins make flavors, private ones for some projects only; customers make none', async () => {
      const { flavors } = world().admin.compute
      const name = `${world().prefix}.private`
      const made = await flavors.create({ name, vcpus: 1, ramMib: 128, diskGib: 1, isPublic: false, description: 'for a few' })
      world().later(() => flavors.remove(made.id))
      expect(made).toMatchObject({ name, vcpus: 1, ramMib: 128, diskGib: 1, isPublic: false, description: 'for a few' })
      await flavors.setExtraSpecs(made.id, { 'hw:cpu_policy': 'shared' })
      expect((await flavors.get(made.id)).extraSpecs).toEqual({ 'hw:cpu_policy': 'shared' })
      await flavors.unsetExtraSpec(made.id, 'hw:cpu_policy')
      expect(await customer.own.compute.flavors.find({ name })).toBeUndefined()
      await flavors.allowProject(made.id, customer.projectId)
      expect(await customer.own.compute.flavors.find({ name })).toMatchObject({ id: made.id })
      await flavors.disallowProject(made.id, customer.projectId)
      expect(await flavors.find({ name, includePrivate: true })).toMatchObject({ id: made.id })
      const twice = await world().refused(() => flavors.create({ name, vcpus: 1, ramMib: 128, diskGib: 1 }))
      expect(twice.status).toBe(409)
      expect(twice.error).toMatchObject({ kind: 'conflict', code: 'nova.exists' })
      const forbidden = await world().refused(() =>
        customer.own.compute.flavors.create({ name: 'mine', vcpus: 1, ramMib: 1, diskGib: 1 }),
      )
      expect(forbidden.status).toBe(403)
      expect(forbidden.error).toMatchObject({ kind: 'forbidden', code: 'nova.forbidden' })
      expect(forbidden.body).toEqual({
        forbidden: { code: 403, message: "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed." },
      })
      await flavors.remove(made.id)
      const gone = await world().refused(() => flavors.get(made.id))
      expect(gone.body).toEqual({ itemNotFound: { code: 404, message: `Flavor ${made.id} could not be found.` } })
    })

    test('a key belongs to the user who brought it', async () => {
      const { keypairs } = customer.own.compute
      const key = await keypairs.create({ name: 'laptop', publicKey })
      expect(key).toEqual({
        name: 'laptop',
        publicKey,
        type: 'ssh',
        fingerprint: expect.stringMatching(/^[0-9a-f]{2}(:[0-9a-f]{2}){15}$/),
      })
      expect(await keypairs.find({ name: 'laptop' })).toMatchObject({ fingerprint: key.fingerprint })
      expect(await keypairs.list().all()).toHaveLength(1)
      expect(await customer.portal.compute.keypairs.find({ name: 'laptop' })).toBeUndefined()
      const twice = await world().refused(() => keypairs.create({ name: 'laptop', publicKey }))
      expect(twice.status).toBe(409)
      expect(twice.error).toMatchObject({ kind: 'conflict', code: 'nova.exists' })
      const bad = await world().refused(() => keypairs.create({ name: 'nonsense', publicKey: 'not a key' }))
      expect(bad.status).toBe(400)
      await keypairs.remove('laptop')
      expect(await keypairs.find({ name: 'laptop' })).toBeUndefined()
      expect((await world().refused(() => keypairs.remove('laptop'))).status).toBe(404)
    })

    test('quotas are set by admins, counted, and enforced with 403', async () => {
      const { quotas } = world().admin.compute
      await quotas.update(customer.projectId, { instances: 0, cores: 4 })
      expect(await quotas.get(customer.projectId)).toMatchObject({
        instances: { limit: 0, inUse: 0 },
        cores: { limit: 4, inUse: 0 },
        ramMib: { inUse: 0 },
      })
      const image = must(await customer.own.images.find({ name: world().target.imageName }))
      const { error, status, body } = await world().refused(() =>
        customer.own.compute.servers.create({ name: 'too-many', flavorId: flavor.id, imageId: image.id }),
      )
      expect(status).toBe(403)
      expect(body).toEqual({
        forbidden: { code: 403, message: 'Quota exceeded for instances: Requested 1, but already used 0 of 0 instances' },
      })
      expect(error).toMatchObject({ kind: 'limit', code: 'nova.quota_exceeded', effect: 'none', retryable: false })
      await quotas.reset(customer.projectId)
      expect((await quotas.get(customer.projectId)).instances.limit).toBeGreaterThan(0)
      expect(
        (await world().refused(() => customer.own.compute.quotas.update(customer.projectId, { instances: 99 }))).status,
      ).toBe(403)
    })

    test('wrong orders are refused in words', async () => {
      const { servers } = customer.own.compute
      const image = must(await customer.own.images.find({ name: world().target.imageName }))
      const nowhere = '00000000-0000-0000-0000-000000000000'
      const noFlavor = await world().refused(() => servers.create({ name: 'x', flavorId: 'no-such-flavor', imageId: image.id }))
      expect(noFlavor.status).toBe(400)
      expect(noFlavor.body).toEqual({ badRequest: { code: 400, message: 'Flavor no-such-flavor could not be found.' } })
      const noImage = await world().refused(() => servers.create({ name: 'x', flavorId: flavor.id, imageId: nowhere }))
      expect(noImage.status).toBe(400)
      expect(noImage.body).toEqual({ badRequest: { code: 400, message: `Can not find requested image` } })
      const noName = await world().refused(() => servers.create({ name: '', flavorId: flavor.id, imageId: image.id }))
      expect(noName.status).toBe(400)
      expect(noName.body).toMatchObject({
        badRequest: { message: expect.stringContaining('Invalid input for field/attribute name') },
      })
      const noPort = await world().refused(() =>
        servers.create({ name: 'x', flavorId: flavor.id, imageId: image.id, ports: [nowhere] }),
      )
      expect(noPort.status).toBe(400)
      expect(noPort.body).toMatchObject({ badRequest: { message: `Port id ${nowhere} could not be found.` } })
      const noServer = await world().refused(() => servers.get(nowhere))
      expect(noServer.status).toBe(404)
      expect(noServer.body).toEqual({ itemNotFound: { code: 404, message: `Instance ${nowhere} could not be found.` } })
      expect(noServer.error).toMatchObject({ kind: 'not_found', code: 'nova.not_found', effect: 'none' })
      expect(noServer.error.requestId).toMatch(/^req-/)
      expect(await servers.list().all()).toEqual([])
    })

    test('a server group keeps its policy', async () => {
      const { serverGroups } = customer.own.compute
      const group = await serverGroups.create({ name: 'apart', policy: 'anti-affinity', maxServersPerHost: 2 })
      world().later(() => serverGroups.remove(group.id))
      expect(group).toMatchObject({
        name: 'apart',
        policy: 'anti-affinity',
        serverIds: [],
        maxServersPerHost: 2,
        projectId: customer.projectId,
      })
      expect(await serverGroups.find({ name: 'apart' })).toMatchObject({ id: group.id })
      expect(await serverGroups.get(group.id)).toEqual(group)
      await serverGroups.remove(group.id)
      expect((await world().refused(() => serverGroups.get(group.id))).status).toBe(404)
    })

    test('admins see hosts, services, zones and what Placement counts; customers do not', async () => {
      const { compute, placement } = world().admin
      const hypervisors = await compute.hypervisors.list().all()
      expect(hypervisors.length).toBeGreaterThan(0)
      expect(hypervisors[0]).toMatchObject({ state: 'up', status: 'enabled', capacity: { vcpus: expect.any(Number) } })
      const { id, hostname } = must(hypervisors[0])
      expect(await compute.hypervisors.get(id)).toMatchObject({ hostname, state: 'up' })
      const services = await compute.services.list({ binary: 'nova-compute' }).all()
      expect(services[0]).toMatchObject({ binary: 'nova-compute', isEnabled: true, isUp: true })
      expect(await compute.availabilityZones.list().all()).toEqual(expect.arrayContaining([{ name: 'nova', isAvailable: true }]))
      const providers = await placement.resourceProviders().all()
      expect(providers.map(({ name }) => name)).toEqual(expect.arrayContaining(hypervisors.map(({ hostname }) => hostname)))
      const provider = must(providers[0])
      expect((await placement.inventories(provider.id)).VCPU).toMatchObject({
        total: expect.any(Number),
        allocationRatio: expect.any(Number),
      })
      expect((await placement.usages(provider.id)).VCPU).toBeGreaterThanOrEqual(0)
      expect(await placement.projectUsages(customer.projectId)).toEqual({})
      expect(await placement.candidates({ VCPU: 1, MEMORY_MB: 64 })).toBeGreaterThan(0)
      expect(await placement.candidates({ VCPU: 1, MEMORY_MB: 1_000_000_000 })).toBe(0)
      expect((await world().refused(() => customer.own.compute.hypervisors.list().all())).status).toBe(403)
      expect((await world().refused(() => customer.own.compute.services.list().all())).status).toBe(403)
      expect((await world().refused(() => customer.own.placement.resourceProviders().all())).status).toBe(403)
    })

    test('the version spoken is the highest that both speak', async () => {
      await customer.own.compute.flavors.get(flavor.id)
      const { lastRequest, lastAnswer } = world()
      const asked = must(lastRequest.headers)['openstack-api-version']
      expect(asked).toMatch(/^compute 2\.\d+$/)
      expect(lastAnswer.headers['openstack-api-version']).toBe(asked)
    })
  })
}
