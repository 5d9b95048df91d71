import { beforeAll, describe, expect, test } from 'vitest'
import type { UpstreamError } from '@straylight/kit'
import { type Customer, must, type World } from './target.ts'

/** A server whose disk is on its host, for what only such servers can have done to them. */
export function localServersContract(world: () => World): void {
  describe('a server that boots from an image', () => {
    let customer: Customer
    let flavorId: string
    let imageId: string
    let id: string
    beforeAll(async () => {
      customer = await world().customer()
      flavorId = must(await customer.own.compute.flavors.find({ name: world().target.flavorName })).id
      imageId = must(await customer.own.images.find({ name: world().target.imageName })).id
    })

    test('it needs no network, takes the password it is given, and joins its group', async () => {
      const { servers, serverGroups } = customer.own.compute
      const group = await serverGroups.create({ name: 'apart', policy: 'soft-anti-affinity' })
      world().later(() => serverGroups.remove(group.id))
      const created = await servers.create({
        name: 'local',
        flavorId,
        imageId,
        networks: 'none',
        adminPassword: 'of-the-contract',
        serverGroupId: group.id,
      })
      id = created.id
      world().later(async () => {
        await servers.remove(id)
        await servers.waitUntilGone(id)
      })
      expect(created.adminPassword).toBe('of-the-contract')
      const active = await servers.waitForStatus(id, 'ACTIVE')
      expect(active).toMatchObject({ imageId, volumes: [], addresses: {}, serverGroupIds: [group.id] })
      expect((await serverGroups.get(group.id)).serverIds).toEqual([id])
    })

    test('it boots from a rescue image and back', async () => {
      const { servers } = customer.own.compute
      const { adminPassword } = await servers.rescue(id, { imageId })
      expect(world().lastAnswer.status).toBe(200)
      expect(adminPassword).toMatch(/^.{12}$/)
      expect(await servers.waitForStatus(id, 'RESCUE')).toMatchObject({ vmState: 'rescued' })
      await servers.unrescue(id)
      await servers.waitForStatus(id, 'ACTIVE')
    })

    test('it is rebuilt, keeps its id, and may get another name', async () => {
      const { servers } = customer.own.compute
      const { adminPassword } = await servers.rebuild(id, { imageId, name: 'rebuilt', metadata: { portal_id: 'again' } })
      expect(world().lastAnswer.status).toBe(202)
      expect(adminPassword).toMatch(/^.{12}$/)
      expect(await servers.waitForStatus(id, 'ACTIVE')).toMatchObject({ id, name: 'rebuilt', metadata: { portal_id: 'again' } })
    })

    test('it is suspended and resumed', async () => {
      const { servers } = customer.own.compute
      await servers.suspend(id)
      await servers.waitForStatus(id, 'SUSPENDED')
      await servers.resume(id)
      await servers.waitForStatus(id, 'ACTIVE')
    })

    test('without an agent in the guest its password cannot be changed', async () => {
      const { error, status } = await world().refused(() => customer.own.compute.servers.changePassword(id, 'another'))
      expect(status).toBe(409)
      expect(error).toMatchObject({ kind: 'conflict', retryable: false, effect: 'none' })
    })

    test('its disk becomes an image with data; where Nova may not, it takes the image back', async () => {
      const { images, compute } = customer.own
      const { imageId: made } = await compute.servers.createImage(id, { name: `${world().prefix}-disk` })
      world().later(() => images.remove(made))
      // taken back, it may be read as `deleted` for a moment
      const image = await images.waitForStatus(made, 'active').catch((error: unknown) => {
        expect(['glance.image_error', 'glance.not_found']).toContain((error as UpstreamError).code)
        return undefined
      })
      await compute.servers.waitForStatus(id, 'ACTIVE')
      const { requestId } = must(await compute.instanceActions.list(id).first(({ action }) => action === 'createImage'))
      const { events } = await compute.instanceActions.get(id, requestId)
      expect(events.map(({ result }) => result)).toEqual([image ? 'Success' : 'Error'])
      if (!image) return
      expect(image).toMatchObject({ name: `${world().prefix}-disk`, properties: { image_type: 'snapshot' } })
      expect(image.sizeBytes).toBeGreaterThan(0)
      await images.remove(made)
    })

    test('an admin sets its state by force, and it does not stop by itself', async () => {
      const { servers } = customer.own.compute
      await world().admin.compute.servers.resetState(id, 'error')
      expect(await servers.get(id)).toMatchObject({ status: 'ERROR', vmState: 'error' })
      await expect(servers.waitForStatus(id, 'ACTIVE')).rejects.toMatchObject({ kind: 'failed', code: 'nova.server_error' })
      await world().admin.compute.servers.resetState(id, 'active')
      expect(await servers.get(id)).toMatchObject({ status: 'ACTIVE' })
      expect((await world().refused(() => servers.resetState(id, 'error'))).status).toBe(403)
    })

    test('a flavor too large for every host leaves it in ERROR with a fault', async () => {
      const { flavors } = world().admin.compute
      const { servers } = customer.own.compute
      const giant = await flavors.create({ name: `${world().prefix}.giant`, vcpus: 1, ramMib: 128, diskGib: 1_000_000 })
      world().later(() => flavors.remove(giant.id))
      const created = await servers.create({ name: 'giant', flavorId: giant.id, imageId })
      world().later(async () => {
        await servers.remove(created.id)
        await servers.waitUntilGone(created.id)
      })
      await expect(servers.waitForStatus(created.id, 'ACTIVE')).rejects.toMatchObject({
        kind: 'failed',
        code: 'nova.server_error',
      })
      const server = await servers.get(created.id)
      expect(server).toMatchObject({
        status: 'ERROR',
        hostId: undefined,
        fault: { code: 500, message: 'No valid host was found. ' },
      })
    })
  })
}
