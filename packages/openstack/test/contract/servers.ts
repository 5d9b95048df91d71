import { UpstreamError } from '@straylight/kit'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Port, Server, Volume } from '../../src/index.ts'
import { type Customer, must, type World } from './target.ts'

/** A server that boots from a volume, from its order to its end: the life that a portal gives to each. */
export function serversContract(world: () => World): void {
  describe('a server that boots from a volume', () => {
    let customer: Customer
    let flavorId: string
    let port: Port
    let root: Volume
    let data: Volume
    let id: string
    let orderedAt: Date
    beforeAll(async () => {
      customer = await world().customer()
      const { network, volumes, images, compute } = customer.portal
      const { target } = world()
      flavorId = must(await compute.flavors.find({ name: target.flavorName })).id
      const image = must(await images.find({ name: target.imageName }))
      const outside = must(await network.networks.find({ name: target.externalNetwork, isExternal: true }))
      const lan = await network.networks.create({ name: 'lan' })
      world().later(() => network.networks.remove(lan.id))
      const subnet = await network.subnets.create({ name: 'lan', networkId: lan.id, cidr: '10.62.0.0/24' })
      const router = await network.routers.create({ name: 'gate', externalNetworkId: outside.id })
      world().later(() => network.routers.remove(router.id))
      await network.routers.addInterface(router.id, subnet.id)
      world().later(() => network.routers.removeInterface(router.id, subnet.id))
      port = await network.ports.create({ name: 'my-id', networkId: lan.id })
      world().later(() => network.ports.remove(port.id))
      data = await volumes.create({ name: 'data', sizeGib: 1 })
      world().later(() => volumes.remove(data.id))
      root = await volumes.create({ name: 'root', sizeGib: 1, imageId: image.id })
      world().later(() => volumes.remove(root.id, { withSnapshots: true }))
      await volumes.waitForStatus(data.id, 'available')
      await volumes.waitForStatus(root.id, 'available')
      orderedAt = world().target.clock.now()
    }, 300_000)

    const server = (): Promise<Server> => customer.portal.compute.servers.get(id)

    test('it is ordered with our id, and answers before it is built', async () => {
      const { servers } = customer.portal.compute
      const created = await servers.create({
        name: 'web.1 (first)',
        flavorId,
        bootVolume: { volumeId: root.id, deleteOnTermination: true },
        ports: [port.id],
        metadata: { portal_id: 'my-id' },
        userData: '#!/bin/sh\necho contract-user-data\n',
        description: 'of the contract',
        tags: ['contract'],
      })
      id = created.id
      world().later(async () => {
        await servers.remove(id)
        await servers.waitUntilGone(id)
      })
      expect(world().lastAnswer.status).toBe(202)
      expect(world().lastAnswer.headers.location).toMatch(new RegExp(`/servers/${id}$`))
      expect(created.adminPassword).toMatch(/^.{12}$/)
      expect(['BUILD', 'ACTIVE']).toContain((await server()).status)
    })

    test('for a moment it may be read and not yet be acted on', async () => {
      // until it is in a cell, Nova knows the request only: 404 to every action, then 409 while it is built
      const refusal = await customer.portal.compute.servers.pause(id).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (refusal === undefined) return await customer.portal.compute.servers.unpause(id)
      expect(refusal).toBeInstanceOf(UpstreamError)
      expect(['not_found', 'conflict']).toContain((refusal as UpstreamError).kind)
    })

    test('it becomes ACTIVE with its port, its volume and what its flavor said', async () => {
      const { servers } = customer.portal.compute
      const active = await servers.waitForStatus(id, 'ACTIVE')
      expect(active).toMatchObject({
        name: 'web.1 (first)',
        status: 'ACTIVE',
        vmState: 'active',
        taskState: undefined,
        powerState: 'running',
        projectId: customer.projectId,
        metadata: { portal_id: 'my-id' },
        description: 'of the contract',
        tags: ['contract'],
        imageId: undefined,
        isLocked: false,
        fault: undefined,
        volumes: [{ id: root.id, deleteOnTermination: true }],
        flavor: { name: world().target.flavorName, id: undefined, vcpus: 1 },
        terminatedAt: undefined,
      })
      expect(active.addresses.lan).toMatchObject([
        { address: must(port.addresses[0]).address, version: 4, kind: 'fixed', mac: port.mac },
      ])
      expect(active.hostId).toMatch(/^[0-9a-f]{56}$/)
      expect(active.host).toBeUndefined()
      expect(must(active.launchedAt).getTime()).toBeGreaterThanOrEqual(active.createdAt.getTime())
    })

    test('it is found by metadata, by name and by tag, and never by a part of them', async () => {
      const { servers } = customer.portal.compute
      expect(await servers.find({ metadata: { portal_id: 'my-id' } })).toMatchObject({ id })
      expect(await servers.find({ name: 'web.1 (first)' })).toMatchObject({ id })
      expect(await servers.find({ tags: ['contract'] })).toMatchObject({ id })
      expect(await servers.find({ name: 'web.1 (firs' })).toBeUndefined()
      expect(await servers.find({ name: 'web.1' })).toBeUndefined()
      expect(await servers.find({ name: 'webx1 (first)' })).toBeUndefined()
      expect(await servers.find({ metadata: { portal_id: 'my-i' } })).toBeUndefined()
    })

    test('admins see it among those of all projects, with its host; other customers do not see it', async () => {
      const { servers } = world().admin.compute
      const found = must(
        await servers.find({ allProjects: true, projectId: customer.projectId, metadata: { portal_id: 'my-id' } }),
      )
      expect(found).toMatchObject({ id, projectId: customer.projectId, host: expect.any(String) })
      const other = await world().customer()
      expect(await other.own.compute.servers.list().all()).toEqual([])
      const { status } = await world().refused(() => other.own.compute.servers.get(id))
      expect(status).toBe(404)
    })

    test('changes since a moment are told in one list for all projects', async () => {
      const { servers } = world().admin.compute
      const changed = await servers.list({ allProjects: true, changesSince: orderedAt }).all()
      expect(changed.map((one) => one.id)).toContain(id)
      const later = new Date(world().target.clock.now().getTime() + 3_600_000)
      // what others have ordered this very moment is told whatever time is asked for
      const laterOnes = await servers.list({ allProjects: true, changesSince: later }).all()
      expect(laterOnes.filter(({ taskState }) => taskState !== 'scheduling')).toEqual([])
    })

    test('Nova has no filter by metadata and says so to admins', async () => {
      const { token, endpoint } = await rawNova(world())
      const response = await fetch(`${endpoint}/servers/detail?metadata=x`, { headers: { 'x-auth-token': token } })
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({ badRequest: { code: 400, message: 'Invalid filter field: metadata.' } })
    })

    test('Neutron tells whose port it is', async () => {
      const { ports } = customer.portal.network
      const found = await ports.list({ deviceId: id }).all()
      expect(found).toMatchObject([{ id: port.id, name: 'my-id', deviceId: id, deviceOwner: 'compute:nova' }])
      const plugged = await customer.portal.compute.interfaces.list(id).all()
      expect(plugged).toMatchObject([
        { portId: port.id, mac: port.mac, addresses: [{ address: must(port.addresses[0]).address }] },
      ])
    })

    test('its console has a log, to whose end the guest gets, and a screen', async () => {
      const { servers } = customer.portal.compute
      // a guest whose kernel is not up yet answers no plugging and unplugging either
      const isUp = /login:|lab-guest:/
      const log = await world().soon(async () => {
        const text = await servers.consoleLog(id)
        return isUp.test(text) ? text : undefined
      }, 240)
      expect(log.split('\n').length).toBeGreaterThan(1)
      const tail = await servers.consoleLog(id, { lines: 3 })
      expect(tail.trimEnd().split('\n').length).toBeLessThanOrEqual(3)
      const console = await servers.remoteConsole(id, 'novnc')
      expect(console.type).toBe('novnc')
      expect(console.url).toMatch(/^https?:\/\/.*token/)
    })

    test('its history tells what was asked', async () => {
      const { instanceActions } = customer.portal.compute
      const actions = await instanceActions.list(id).all()
      const create = must(actions.find(({ action }) => action === 'create'))
      expect(create.requestId).toMatch(/^req-/)
      const { events } = await instanceActions.get(id, create.requestId)
      expect(events.length).toBeGreaterThan(0)
      expect(events.every(({ result }) => result === 'Success')).toBe(true)
    })

    test('a volume is attached through Nova: then Nova lists it, and Cinder says in-use', async () => {
      const { volumeAttachments } = customer.portal.compute
      const attachment = await volumeAttachments.attach(id, data.id)
      expect(world().lastAnswer.status).toBe(200)
      expect(attachment).toMatchObject({ volumeId: data.id, serverId: id, deleteOnTermination: false })
      expect(attachment.device).toMatch(/^\/dev\/vd[b-z]$/)
      const volume = await customer.portal.volumes.waitForStatus(data.id, 'in-use')
      expect(volume.attachments).toMatchObject([{ serverId: id, device: attachment.device }])
      expect(await volumeAttachments.find(id, data.id)).toMatchObject({ volumeId: data.id })
      expect((await volumeAttachments.list(id).all()).map(({ volumeId }) => volumeId).sort()).toEqual([root.id, data.id].sort())
      expect((await server()).volumes.map((one) => one.id).sort()).toEqual([root.id, data.id].sort())
    })

    test('an attached volume neither goes, nor is attached again, nor leaves by the side of Cinder', async () => {
      const { volumes, compute } = customer.portal
      const gone = await world().refused(() => volumes.remove(data.id))
      expect(gone.status).toBe(400)
      expect(gone.error).toMatchObject({ kind: 'conflict', code: 'cinder.wrong_state' })
      const twice = await world().refused(() => compute.volumeAttachments.attach(id, data.id))
      expect(twice.status).toBe(400)
      expect(twice.error).toMatchObject({ kind: 'conflict', code: 'nova.volume_wrong_state' })
      const side = await world().refused(() => volumes.noteDetached(data.id))
      expect(side.status).toBe(409)
      expect(side.error).toMatchObject({ kind: 'conflict', code: 'cinder.nova_uses_attachment' })
      const record = must(await volumes.attachments.list({ volumeId: data.id }).first())
      expect(record).toMatchObject({ serverId: id, status: 'attached' })
      expect(await volumes.attachments.get(record.id)).toMatchObject({ volumeId: data.id, serverId: id })
      const removed = await world().refused(() => volumes.attachments.remove(record.id))
      expect(removed.status).toBe(409)
      const forced = await world().refused(() => world().admin.volumes.forceDetach(data.id, record.id))
      expect(forced.status).toBe(409)
      expect(forced.error).toMatchObject({ kind: 'conflict', code: 'cinder.nova_uses_attachment' })
      expect(await compute.volumeAttachments.find(id, data.id)).toMatchObject({ volumeId: data.id })
    })

    test('the volume that it boots from cannot be detached', async () => {
      const { error, status, body } = await world().refused(() => customer.portal.compute.volumeAttachments.detach(id, root.id))
      expect(status).toBe(400)
      expect(body).toEqual({ badRequest: { code: 400, message: 'Cannot detach a root device volume' } })
      expect(error).toMatchObject({ code: 'nova.root_volume', effect: 'none', retryable: false })
    })

    test('a volume is detached through Nova, and is available again', async () => {
      const { compute, volumes } = customer.portal
      await compute.volumeAttachments.detach(id, data.id)
      expect(world().lastAnswer.status).toBe(202)
      await compute.volumeAttachments.waitUntilDetached(id, data.id)
      expect(await volumes.waitForStatus(data.id, 'available')).toMatchObject({ attachments: [] })
      const { status } = await world().refused(() => compute.volumeAttachments.detach(id, data.id))
      expect(status).toBe(404)
    })

    test('Cinder alone lies: it notes an attachment, says in-use, and no server has the disk', async () => {
      const { volumes, compute } = customer.portal
      await volumes.noteAttached(data.id, { serverId: id, device: '/dev/vdx' })
      expect(world().lastAnswer.status).toBe(202)
      expect(await volumes.get(data.id)).toMatchObject({ status: 'in-use', attachments: [{ serverId: id, device: '/dev/vdx' }] })
      expect(await compute.volumeAttachments.find(id, data.id)).toBeUndefined()
      expect((await server()).volumes.map((one) => one.id)).toEqual([root.id])
      const detach = await world().refused(() => compute.volumeAttachments.detach(id, data.id))
      expect(detach.status).toBe(404)
      const gone = await world().refused(() => volumes.remove(data.id))
      expect(gone.status).toBe(400)
      await volumes.noteDetached(data.id)
      expect(await volumes.waitForStatus(data.id, 'available')).toMatchObject({ attachments: [] })
    })

    test('an interface is plugged and unplugged while it runs', async () => {
      const { network, compute } = customer.portal
      const second = await network.ports.create({ name: 'second', networkId: port.networkId })
      world().later(() => network.ports.remove(second.id))
      expect(await compute.interfaces.attach(id, { portId: second.id })).toMatchObject({ portId: second.id, mac: second.mac })
      await world().soon(() => compute.interfaces.find(id, second.id))
      await compute.interfaces.detach(id, second.id)
      expect(world().lastAnswer.status).toBe(202)
      await compute.interfaces.waitUntilDetached(id, second.id)
      expect(await network.ports.find({ name: 'second' })).toMatchObject({ id: second.id, deviceId: undefined })
    })

    test('it is renamed and keeps what else it has', async () => {
      const renamed = await customer.portal.compute.servers.rename(id, 'web-2')
      expect(renamed).toMatchObject({ id, name: 'web-2', description: 'of the contract', metadata: { portal_id: 'my-id' } })
      await customer.portal.compute.servers.setMetadata(id, { plan: 'small' })
      expect((await server()).metadata).toEqual({ portal_id: 'my-id', plan: 'small' })
    })

    test('it stops once, and starts once', async () => {
      const { servers } = customer.portal.compute
      await servers.stop(id)
      expect(world().lastAnswer.status).toBe(202)
      expect(await servers.waitForStatus(id, 'SHUTOFF')).toMatchObject({ vmState: 'stopped', powerState: 'shutdown' })
      const stop = await world().refused(() => servers.stop(id))
      expect(stop.status).toBe(409)
      expect(stop.body).toEqual({
        conflictingRequest: { code: 409, message: `Cannot 'stop' instance ${id} while it is in vm_state stopped` },
      })
      expect(stop.error).toMatchObject({ kind: 'conflict', code: 'nova.wrong_state', retryable: false, effect: 'none' })
      await servers.start(id)
      await servers.waitForStatus(id, 'ACTIVE')
      expect((await world().refused(() => servers.start(id))).status).toBe(409)
    })

    test('it reboots hard', async () => {
      const { servers } = customer.portal.compute
      await servers.reboot(id, 'hard')
      expect(world().lastAnswer.status).toBe(202)
      await servers.waitForStatus(id, 'ACTIVE')
    })

    test('it pauses and goes on', async () => {
      const { servers } = customer.portal.compute
      await servers.pause(id)
      expect(await servers.waitForStatus(id, 'PAUSED')).toMatchObject({ powerState: 'paused' })
      expect((await world().refused(() => servers.pause(id))).error.code).toBe('nova.wrong_state')
      await servers.unpause(id)
      await servers.waitForStatus(id, 'ACTIVE')
    })

    test('locked by an admin, its owner can do nothing', async () => {
      await world().admin.compute.servers.lock(id, 'unpaid')
      expect(await server()).toMatchObject({ isLocked: true, lockedReason: 'unpaid' })
      const { error, status, body } = await world().refused(() => customer.own.compute.servers.stop(id))
      expect(status).toBe(409)
      expect(body).toEqual({ conflictingRequest: { code: 409, message: `Instance ${id} is locked` } })
      expect(error).toMatchObject({ kind: 'conflict', code: 'nova.locked' })
      await world().admin.compute.servers.unlock(id)
      expect((await server()).isLocked).toBe(false)
    })

    test('it is resized to a larger flavor, and back before that is confirmed, and again', async () => {
      const { servers, flavors } = customer.portal.compute
      const larger = must(await flavors.find({ name: world().target.largerFlavorName }))
      await servers.resize(id, larger.id)
      expect(world().lastAnswer.status).toBe(202)
      expect(await servers.waitForStatus(id, 'VERIFY_RESIZE')).toMatchObject({
        flavor: { name: larger.name, ramMib: larger.ramMib },
      })
      await servers.revertResize(id)
      expect(await servers.waitForStatus(id, 'ACTIVE')).toMatchObject({ flavor: { name: world().target.flavorName } })
      await servers.resize(id, larger.id)
      await servers.waitForStatus(id, 'VERIFY_RESIZE')
      await servers.confirmResize(id)
      expect(await servers.waitForStatus(id, 'ACTIVE')).toMatchObject({ flavor: { name: larger.name } })
      expect((await world().refused(() => servers.confirmResize(id))).status).toBe(409)
    })

    test('it is shelved off its host and comes back', async () => {
      const { servers } = customer.portal.compute
      await servers.shelve(id)
      const shelved = await servers.waitForStatus(id, ['SHELVED', 'SHELVED_OFFLOADED'])
      expect(shelved.vmState).toMatch(/^shelved/)
      await servers.waitForStatus(id, 'SHELVED_OFFLOADED')
      const offload = await world().refused(() => world().admin.compute.servers.shelveOffload(id))
      expect(offload.status).toBe(409)
      expect(offload.error.code).toBe('nova.wrong_state')
      await servers.unshelve(id)
      expect(await servers.waitForStatus(id, 'ACTIVE')).toMatchObject({ volumes: [{ id: root.id }] })
    })

    test('its image is a snapshot of its volume, which keeps the volume from going with it', async () => {
      const { servers } = customer.portal.compute
      const { images, volumes } = customer.portal
      const { imageId } = await servers.createImage(id, { name: `${world().prefix}-snapshot` })
      world().later(() => images.remove(imageId))
      expect(await images.waitForStatus(imageId, 'active')).toMatchObject({ sizeBytes: 0 })
      const snapshot = await world().soon(() => volumes.snapshots.list({ volumeId: root.id }).first())
      expect(snapshot.name).toBe(`snapshot for ${world().prefix}-snapshot`)
      await volumes.snapshots.waitForStatus(snapshot.id, 'available')
      await servers.waitForStatus(id, 'ACTIVE')
    })

    test('admins see what the hypervisor measured', async () => {
      const diagnostics = await world().admin.compute.servers.diagnostics(id)
      expect(diagnostics.state).toBe('running')
      expect(diagnostics.nics).toMatchObject([{ mac: port.mac }])
      expect(diagnostics.disks.length).toBeGreaterThan(0)
      expect((await world().refused(() => customer.own.compute.servers.diagnostics(id))).status).toBe(403)
    })

    test('its use is counted', async () => {
      const until = new Date(world().target.clock.now().getTime() + 60_000)
      const usage = must(
        await world().admin.compute.usage.get(customer.projectId, { from: new Date(orderedAt.getTime() - 60_000), until }),
      )
      expect(usage).toMatchObject({ projectId: customer.projectId })
      expect(usage.servers).toMatchObject([
        { serverId: id, name: 'web-2', flavorName: world().target.largerFlavorName, endedAt: undefined },
      ])
      expect(usage.serverHours).toBeGreaterThan(0)
      const all = await world().admin.compute.usage.list({ from: orderedAt, until, detailed: true }).all()
      expect(all.map(({ projectId }) => projectId)).toContain(customer.projectId)
    })

    test('deleted, it is gone for everybody, told once more among the changes, and its port is free', async () => {
      const { servers } = customer.portal.compute
      const { ports } = customer.portal.network
      await servers.remove(id)
      expect(world().lastAnswer.status).toBe(204)
      await servers.waitUntilGone(id)
      const gone = await world().refused(() => servers.get(id))
      expect(gone.status).toBe(404)
      expect(gone.body).toEqual({ itemNotFound: { code: 404, message: `Instance ${id} could not be found.` } })
      expect((await world().refused(() => servers.remove(id))).status).toBe(404)
      expect((await world().refused(() => servers.start(id))).status).toBe(404)
      expect(await servers.find({ metadata: { portal_id: 'my-id' } })).toBeUndefined()
      const changed = await world().admin.compute.servers.list({ allProjects: true, changesSince: orderedAt }).all()
      // its metadata went with it: it can be told by its id only
      expect(changed.find((one) => one.id === id)).toMatchObject({
        status: 'DELETED',
        vmState: 'deleted',
        name: 'web-2',
        metadata: {},
      })
      const paged = await world().admin.compute.servers.list({ allProjects: true, changesSince: orderedAt, pageSize: 1 }).all()
      expect(paged.map((one) => one.id)).toContain(id)
      const free = await world().soon(async () => {
        const found = must(await ports.find({ name: 'my-id' }))
        return found.deviceId === undefined ? found : undefined
      })
      expect(free).toMatchObject({ id: port.id, status: 'DOWN' })
    })

    test('the volume of a snapshot stays behind although it should have gone with the server', async () => {
      const { volumes } = customer.portal
      const left = await world().soon(async () => {
        const volume = await volumes.get(root.id)
        return volume.status === 'available' ? volume : undefined
      })
      expect(left.attachments).toEqual([])
      for (const snapshot of await volumes.snapshots.list({ volumeId: root.id }).all()) {
        await volumes.snapshots.remove(snapshot.id)
        await volumes.snapshots.waitUntilGone(snapshot.id)
      }
      await volumes.remove(root.id)
      await volumes.waitUntilGone(root.id)
    })
  })
}

async function rawNova(world: World): Promise<{ token: string; endpoint: string }> {
  const token = await world.admin.token()
  const endpoint = must(token.catalogue.get('compute')?.find((one) => one.interface === 'public'))
  return { token: token.value, endpoint: endpoint.url }
}
