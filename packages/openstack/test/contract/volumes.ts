import { beforeAll, describe, expect, test } from 'vitest'
import type { Volume } from '../../src/index.ts'
import { type Customer, must, type World } from './target.ts'

export function volumesContract(world: () => World): void {
  describe('volumes', () => {
    let customer: Customer
    let volume: Volume
    beforeAll(async () => {
      customer = await world().customer()
    })

    test('the types are told', async () => {
      const { volumeType, otherVolumeType } = world().target
      const types = await customer.own.volumes.types.list().all()
      expect(types.map(({ name }) => name)).toEqual(expect.arrayContaining([volumeType, otherVolumeType]))
      expect(await customer.own.volumes.types.find({ name: volumeType })).toMatchObject({ name: volumeType, isPublic: true })
    })

    test('admins make types, private ones are not seen by customers', async () => {
      const { types } = world().admin.volumes
      const made = await types.create({ name: `${world().prefix}-private`, description: 'for a few', isPublic: false })
      world().later(() => types.remove(made.id))
      expect(await types.get(made.id)).toMatchObject({ name: made.name, description: 'for a few', isPublic: false })
      expect(await customer.own.volumes.types.find({ name: made.name })).toBeUndefined()
      expect((await world().refused(() => customer.own.volumes.types.create({ name: 'mine' }))).status).toBe(403)
      await types.remove(made.id)
      expect((await world().refused(() => types.get(made.id))).status).toBe(404)
    })

    test('a volume is made from an image, is creating, then available and bootable', async () => {
      const { volumes, images } = customer.own
      const image = must(await images.find({ name: world().target.imageName }))
      const created = await volumes.create({
        name: 'disk',
        sizeGib: 1,
        imageId: image.id,
        volumeType: world().target.volumeType,
        metadata: { portal_id: "it's-mine", plan: 'small' },
      })
      world().later(() => volumes.remove(created.id, { withSnapshots: true }))
      expect(world().lastAnswer.status).toBe(202)
      expect(created).toMatchObject({ name: 'disk', status: 'creating', sizeGib: 1, attachments: [], isBootable: false })
      volume = await volumes.waitForStatus(created.id, 'available')
      expect(volume).toMatchObject({
        isBootable: true,
        volumeType: world().target.volumeType,
        projectId: customer.projectId,
        metadata: { portal_id: "it's-mine", plan: 'small' },
        isEncrypted: false,
      })
      expect(volume.imageMetadata).toMatchObject({ image_id: image.id, image_name: image.name })
    })

    test('it is found by metadata and by name, and never by a part of them', async () => {
      const { volumes } = customer.own
      expect(await volumes.find({ metadata: { portal_id: "it's-mine" } })).toMatchObject({ id: volume.id })
      expect(await volumes.find({ metadata: { portal_id: "it's-mine", plan: 'small' }, name: 'disk' })).toMatchObject({
        id: volume.id,
      })
      expect(await volumes.find({ metadata: { portal_id: 'mine' } })).toBeUndefined()
      expect(await volumes.find({ metadata: { portal_id: "it's-mine", plan: 'large' } })).toBeUndefined()
      expect(await volumes.find({ name: 'dis' })).toBeUndefined()
    })

    test('admins see it among those of all projects', async () => {
      const found = await world().admin.volumes.list({ allProjects: true, projectId: customer.projectId }).all()
      expect(found).toMatchObject([{ id: volume.id, projectId: customer.projectId }])
      const since = world().admin.volumes.list({
        allProjects: true,
        projectId: customer.projectId,
        updatedSince: volume.createdAt,
      })
      expect((await since.all()).map(({ id }) => id)).toEqual([volume.id])
      const later = new Date(world().target.clock.now().getTime() + 3_600_000)
      expect(await world().admin.volumes.list({ allProjects: true, updatedSince: later }).all()).toEqual([])
    })

    test('customers do not see those of others', async () => {
      const other = await world().customer()
      expect(await other.own.volumes.list().all()).toEqual([])
      const { error, status, body } = await world().refused(() => other.own.volumes.get(volume.id))
      expect(status).toBe(404)
      expect(body).toEqual({ itemNotFound: { code: 404, message: `Volume ${volume.id} could not be found.` } })
      expect(error).toMatchObject({ kind: 'not_found', code: 'cinder.not_found' })
    })

    test('it changes its name, description and metadata', async () => {
      const { volumes } = customer.own
      expect(await volumes.update(volume.id, { name: 'renamed', description: 'of the contract' })).toMatchObject({
        name: 'renamed',
        description: 'of the contract',
        metadata: { plan: 'small' },
      })
      expect(await volumes.update(volume.id, { metadata: { plan: 'large' } })).toMatchObject({ metadata: { plan: 'large' } })
    })

    test('it grows, and does not shrink', async () => {
      const { volumes } = customer.own
      await volumes.extend(volume.id, 2)
      expect(world().lastAnswer.status).toBe(202)
      expect(await volumes.waitForStatus(volume.id, 'available')).toMatchObject({ sizeGib: 2 })
      const { error, status, body } = await world().refused(() => volumes.extend(volume.id, 1))
      expect(status).toBe(400)
      expect(body).toMatchObject({
        badRequest: { code: 400, message: expect.stringContaining('New size for extend must be greater than current size') },
      })
      expect(error).toMatchObject({ kind: 'invalid', code: 'cinder.invalid' })
    })

    test('a snapshot is made, found, and keeps its volume from going', async () => {
      const { volumes } = customer.own
      const { snapshots } = volumes
      const created = await snapshots.create({ volumeId: volume.id, name: 'before', metadata: { portal_id: 'snap' } })
      expect(world().lastAnswer.status).toBe(202)
      expect(created).toMatchObject({ status: 'creating', volumeId: volume.id, sizeGib: 2, name: 'before' })
      const snapshot = await snapshots.waitForStatus(created.id, 'available')
      expect(snapshot.projectId).toBe(customer.projectId)
      expect(await snapshots.list({ volumeId: volume.id }).all()).toMatchObject([{ id: snapshot.id }])
      expect(await snapshots.find({ metadata: { portal_id: 'snap' } })).toMatchObject({ id: snapshot.id })
      expect(await snapshots.find({ name: 'befor' })).toBeUndefined()
      const { error, status } = await world().refused(() => volumes.remove(volume.id))
      expect(status).toBe(400)
      expect(error).toMatchObject({ kind: 'conflict', code: 'cinder.wrong_state' })
      expect(await snapshots.update(snapshot.id, { name: 'after' })).toMatchObject({ name: 'after' })
    })

    test('a volume is made from the snapshot, and the snapshot goes', async () => {
      const { volumes } = customer.own
      const snapshot = must(await volumes.snapshots.find({ name: 'after' }))
      const clone = await volumes.create({ name: 'clone', sizeGib: 2, snapshotId: snapshot.id })
      world().later(() => volumes.remove(clone.id))
      expect(await volumes.waitForStatus(clone.id, 'available')).toMatchObject({ snapshotId: snapshot.id, isBootable: true })
      await volumes.remove(clone.id)
      await volumes.waitUntilGone(clone.id)
      await volumes.snapshots.remove(snapshot.id)
      expect(world().lastAnswer.status).toBe(202)
      await volumes.snapshots.waitUntilGone(snapshot.id)
      const { status } = await world().refused(() => volumes.snapshots.get(snapshot.id))
      expect(status).toBe(404)
    })

    test('it goes back to its latest snapshot', async () => {
      const { volumes } = customer.own
      const { id } = await volumes.snapshots.create({ volumeId: volume.id, name: 'to return to' })
      await volumes.snapshots.waitForStatus(id, 'available')
      await volumes.revertToSnapshot(volume.id, id)
      expect(world().lastAnswer.status).toBe(202)
      expect(await volumes.waitForStatus(volume.id, 'available')).toMatchObject({ sizeGib: 2 })
      await volumes.snapshots.waitForStatus(id, 'available')
      await volumes.snapshots.remove(id)
      await volumes.snapshots.waitUntilGone(id)
    })

    test('it changes its type', async () => {
      const { volumes } = customer.own
      await volumes.retype(volume.id, world().target.otherVolumeType, { migrate: true })
      const changed = await world().soon(async () => {
        const now = await volumes.get(volume.id)
        return now.status === 'available' && now.volumeType === world().target.otherVolumeType ? now : undefined
      })
      expect(changed.id).toBe(volume.id)
    })

    test('an offer is listed, and taken back', async () => {
      const { transfers } = customer.own.volumes
      const { id, name } = await transfers.create({ volumeId: volume.id, name: 'never mind' })
      expect(await transfers.get(id)).toMatchObject({ name, volumeId: volume.id })
      expect(await transfers.list().all()).toMatchObject([{ id, volumeId: volume.id }])
      await transfers.remove(id)
      expect(world().lastAnswer.status).toBe(202)
      expect(await customer.own.volumes.get(volume.id)).toMatchObject({ status: 'available' })
      expect(await transfers.list().all()).toEqual([])
    })

    test('it is offered to another customer, who takes it with the key', async () => {
      const { transfers } = customer.own.volumes
      const other = await world().customer()
      const offer = await transfers.create({ volumeId: volume.id, name: 'for you' })
      expect(offer).toMatchObject({ volumeId: volume.id, name: 'for you' })
      expect(await customer.own.volumes.get(volume.id)).toMatchObject({ status: 'awaiting-transfer' })
      const wrong = await world().refused(() => other.own.volumes.transfers.accept(offer.id, 'not the key'))
      expect(wrong.status).toBe(400)
      expect(await other.own.volumes.transfers.accept(offer.id, offer.authKey)).toEqual({ volumeId: volume.id })
      expect(await other.own.volumes.waitForStatus(volume.id, 'available')).toMatchObject({ projectId: other.projectId })
      expect(await customer.own.volumes.list().all()).toEqual([])
      await other.own.volumes.remove(volume.id)
      await other.own.volumes.waitUntilGone(volume.id)
    })

    test('a volume becomes an image', async () => {
      const { volumes, images } = customer.own
      const source = await volumes.create({ name: 'source', sizeGib: 1 })
      world().later(() => volumes.remove(source.id))
      expect(await volumes.waitForStatus(source.id, 'available')).toMatchObject({ isBootable: false })
      await volumes.setBootable(source.id, true)
      expect(await volumes.get(source.id)).toMatchObject({ isBootable: true })
      const { imageId } = await volumes.uploadToImage(source.id, {
        name: `${world().prefix}-from-volume`,
        diskFormat: 'raw',
        containerFormat: 'bare',
      })
      world().later(() => images.remove(imageId))
      expect(await images.waitForStatus(imageId, 'active')).toMatchObject({
        name: `${world().prefix}-from-volume`,
        ownerId: customer.projectId,
      })
      await volumes.waitForStatus(source.id, 'available')
      await images.remove(imageId)
      await volumes.remove(source.id)
      await volumes.waitUntilGone(source.id)
    })

    test('an admin sets a status by force, which ends a wait, and deletes by force', async () => {
      const { volumes } = customer.own
      const { id } = await volumes.create({ name: 'stuck', sizeGib: 1 })
      world().later(() => volumes.remove(id))
      await volumes.waitForStatus(id, 'available')
      expect((await world().refused(() => volumes.resetStatus(id, 'error'))).status).toBe(403)
      expect((await world().refused(() => volumes.forceRemove(id))).status).toBe(403)
      await world().admin.volumes.resetStatus(id, 'error')
      expect(world().lastAnswer.status).toBe(202)
      await expect(volumes.waitForStatus(id, 'available')).rejects.toMatchObject({ kind: 'failed', code: 'cinder.volume_error' })
      await world().admin.volumes.forceRemove(id)
      expect(world().lastAnswer.status).toBe(202)
      await volumes.waitUntilGone(id)
    })

    test('a backup is made and restored, where there is a service for it', async () => {
      const { volumes } = customer.own
      const services = await world().admin.volumes.services.list({ binary: 'cinder-backup' }).all()
      if (!services.some(({ isUp }) => isUp)) return expect(await volumes.backups.list().all()).toEqual([])
      const source = await volumes.create({ name: 'to keep', sizeGib: 1 })
      world().later(() => volumes.remove(source.id))
      await volumes.waitForStatus(source.id, 'available')
      const { id } = await volumes.backups.create({ volumeId: source.id, name: 'kept' })
      world().later(() => volumes.backups.remove(id))
      expect(await volumes.backups.waitForStatus(id, 'available')).toMatchObject({
        name: 'kept',
        volumeId: source.id,
        sizeGib: 1,
      })
      expect(await volumes.backups.find({ name: 'kept' })).toMatchObject({ id })
      const { volumeId } = await volumes.backups.restore(id)
      expect(await volumes.waitForStatus(volumeId, 'available')).toMatchObject({ sizeGib: 1 })
      await volumes.backups.remove(id)
      await volumes.backups.waitUntilGone(id)
      for (const made of [source.id, volumeId]) {
        await volumes.remove(made)
        await volumes.waitUntilGone(made)
      }
    })

    test('quotas are set by admins, counted, and enforced with 413', async () => {
      const { quotas } = world().admin.volumes
      await quotas.update(customer.projectId, { volumes: 1, gigabytes: 3 })
      expect(await quotas.get(customer.projectId)).toMatchObject({
        volumes: { limit: 1, inUse: 0 },
        gigabytes: { limit: 3, inUse: 0 },
        snapshots: { inUse: 0 },
      })
      const { volumes } = customer.own
      const large = await world().refused(() => volumes.create({ name: 'large', sizeGib: 4 }))
      expect(large.status).toBe(413)
      expect(large.headers['retry-after']).toBe('0')
      expect(large.body).toEqual({
        overLimit: {
          code: 413,
          message:
            'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 4G, quota is 3G and 0G has been consumed.',
          retryAfter: '0',
        },
      })
      expect(large.error).toMatchObject({ kind: 'limit', code: 'cinder.quota_exceeded', retryable: false, effect: 'none' })
      const first = await volumes.create({ name: 'first', sizeGib: 1 })
      world().later(() => volumes.remove(first.id))
      const second = await world().refused(() => volumes.create({ name: 'second', sizeGib: 1 }))
      expect(second.status).toBe(413)
      expect(second.body).toMatchObject({
        overLimit: { message: expect.stringContaining('VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded') },
      })
      await volumes.waitForStatus(first.id, 'available')
      await volumes.remove(first.id)
      await volumes.waitUntilGone(first.id)
      await quotas.reset(customer.projectId)
      const refused = await world().refused(() => customer.own.volumes.quotas.update(customer.projectId, { volumes: 99 }))
      expect(refused.status).toBe(403)
    })

    test('lists go on by marker', async () => {
      const { volumes } = customer.own
      const ids: string[] = []
      for (const name of ['a', 'b', 'c']) {
        const { id } = await volumes.create({ name, sizeGib: 1 })
        world().later(() => volumes.remove(id))
        ids.push(id)
      }
      const paged = await volumes.list({ pageSize: 1 }).all()
      expect(paged.map(({ id }) => id).sort()).toEqual(ids.sort())
      for (const id of ids) await volumes.waitForStatus(id, 'available')
      for (const id of ids) await volumes.remove(id)
      for (const id of ids) await volumes.waitUntilGone(id)
    })

    test('admins see the services and the pools', async () => {
      const services = await world().admin.volumes.services.list().all()
      expect(services).toEqual(
        expect.arrayContaining([expect.objectContaining({ binary: 'cinder-volume', isEnabled: true, isUp: true })]),
      )
      const pools = await world().admin.volumes.services.pools().all()
      expect(pools.length).toBeGreaterThan(0)
      expect(pools[0]?.totalGib).toBeGreaterThan(0)
      expect((await world().refused(() => customer.own.volumes.services.list().all())).status).toBe(403)
    })
  })
}
