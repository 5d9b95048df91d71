import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Customer, must, type World } from './target.ts'

export function imagesContract(world: () => World): void {
  describe('images', () => {
    let customer: Customer
    beforeAll(async () => {
      customer = await world().customer()
    })

    async function* chunks(count: number, bytes: number): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < count; index++) yield new Uint8Array(bytes).fill(index)
    }

    test('a public image is listed, found by name and got by id', async () => {
      const { imageName } = world().target
      const image = must(await customer.own.images.find({ name: imageName }))
      expect(image).toMatchObject({ name: imageName, status: 'active', visibility: 'public', isProtected: false })
      expect(image.sizeBytes).toBeGreaterThan(0)
      expect(image.properties.os_type).toBe('linux')
      expect(await customer.own.images.get(image.id)).toEqual(image)
      expect(await customer.own.images.find({ name: `${imageName}-of-nobody` })).toBeUndefined()
    })

    test('pages go on by marker', async () => {
      const all = await customer.own.images.list().all()
      const paged = await customer.own.images.list({ pageSize: 1 }).all()
      expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
    })

    test('what is not there is 404 in JSON with a trace of HTML, as Glance sends it to who accepts JSON', async () => {
      const id = '00000000-0000-0000-0000-000000000000'
      const { error, status, body } = await world().refused(() => customer.own.images.get(id))
      expect(status).toBe(404)
      expect(body).toEqual({
        message: `No image found with ID ${id}<br /><br />\n\n\n`,
        code: '404 Not Found',
        title: 'Not Found',
      })
      expect(error).toMatchObject({ kind: 'not_found', code: 'glance.not_found' })
      expect(error.message).toMatch(/No image found with ID [-0]+$/)
    })

    test('an image is made, its data comes in chunks, and only then it is active', async () => {
      const { images } = customer.own
      const image = await images.create({
        name: `${world().prefix}-upload`,
        diskFormat: 'raw',
        minDiskGib: 1,
        properties: { os_distro: 'none', colour: 'green' },
        tags: ['contract'],
      })
      expect(world().lastAnswer.status).toBe(201)
      world().later(async () => {
        await images.update(image.id, { isProtected: false })
        await images.remove(image.id)
      })
      expect(image).toMatchObject({
        status: 'queued',
        visibility: 'shared',
        sizeBytes: undefined,
        ownerId: customer.projectId,
        minDiskGib: 1,
      })
      expect(image.properties).toMatchObject({ os_distro: 'none', colour: 'green' })
      await images.upload(image.id, chunks(4, 65_536))
      const md5 = createHash('md5')
      for await (const chunk of chunks(4, 65_536)) md5.update(chunk)
      const active = await images.waitForStatus(image.id, 'active')
      expect(active).toMatchObject({ sizeBytes: 262_144, checksum: md5.digest('hex'), tags: ['contract'] })
      const { status } = await world().refused(() => images.upload(image.id, chunks(1, 16)))
      expect(status).toBe(409)
    })

    test('members and properties change by patch', async () => {
      const { images } = customer.own
      const image = must(await images.find({ name: `${world().prefix}-upload` }))
      const changed = await images.update(image.id, {
        name: `${world().prefix}-changed`,
        minRamMib: 64,
        properties: { size_of_it: 'small' },
        removeProperties: ['colour'],
      })
      expect(changed).toMatchObject({ name: `${world().prefix}-changed`, minRamMib: 64 })
      expect(changed.properties).toMatchObject({ os_distro: 'none', size_of_it: 'small' })
      expect(changed.properties.colour).toBeUndefined()
    })

    test('a customer may not make an image public', async () => {
      const image = must(await customer.own.images.find({ name: `${world().prefix}-changed` }))
      const { error, status } = await world().refused(() => customer.own.images.setVisibility(image.id, 'public'))
      expect(status).toBe(403)
      expect(error).toMatchObject({ kind: 'forbidden', code: 'glance.forbidden' })
    })

    test('a shared image is seen by its members, in lists once they have accepted', async () => {
      const other = await world().customer()
      const image = must(await customer.own.images.find({ name: `${world().prefix}-changed` }))
      const { status } = await world().refused(() => other.own.images.get(image.id))
      expect(status).toBe(404)
      const member = await customer.own.images.members.add(image.id, other.projectId)
      expect(member).toMatchObject({ imageId: image.id, projectId: other.projectId, status: 'pending' })
      expect(await other.own.images.get(image.id)).toMatchObject({ id: image.id })
      expect(await other.own.images.find({ name: image.name })).toBeUndefined()
      await other.own.images.members.setStatus(image.id, other.projectId, 'accepted')
      expect(await other.own.images.find({ name: image.name })).toMatchObject({ id: image.id })
      expect(await customer.own.images.members.list(image.id).all()).toMatchObject([
        { projectId: other.projectId, status: 'accepted' },
      ])
      await customer.own.images.members.remove(image.id, other.projectId)
      expect(await customer.own.images.members.list(image.id).all()).toEqual([])
    })

    test('a protected image stays', async () => {
      const { images } = customer.own
      const image = must(await images.find({ name: `${world().prefix}-changed` }))
      await images.update(image.id, { isProtected: true })
      const { error, status } = await world().refused(() => images.remove(image.id))
      expect(status).toBe(403)
      expect(error).toMatchObject({ kind: 'conflict', code: 'glance.protected' })
      await images.update(image.id, { isProtected: false })
      await images.remove(image.id)
      expect(world().lastAnswer.status).toBe(204)
      await images.waitUntilGone(image.id)
    })

    test('a name may be had twice, and the older one is found', async () => {
      const { images } = customer.own
      const name = `${world().prefix}-twice`
      const first = await images.create({ name, diskFormat: 'raw' })
      world().later(() => images.remove(first.id))
      // Glance keeps whole seconds
      await world().target.clock.sleep(1100)
      const second = await images.create({ name, diskFormat: 'raw' })
      world().later(() => images.remove(second.id))
      expect(second.id).not.toBe(first.id)
      expect(await images.find({ name })).toMatchObject({ id: first.id })
    })

    test('the ways of import are told, and what was staged is imported', async () => {
      const { images } = customer.own
      expect(await images.importMethods()).toEqual(expect.arrayContaining(['glance-direct', 'web-download']))
      const image = await images.create({ name: `${world().prefix}-import`, diskFormat: 'raw' })
      world().later(() => images.remove(image.id))
      const early = await world().refused(() => images.importImage(image.id, 'glance-direct'))
      expect(early.status).toBe(409)
      await images.stage(image.id, chunks(2, 65_536))
      expect(world().lastAnswer.status).toBe(204)
      expect(await images.get(image.id)).toMatchObject({ status: 'uploading' })
      await images.importImage(image.id, 'glance-direct')
      expect(world().lastAnswer.status).toBe(202)
      expect(await images.waitForStatus(image.id, 'active')).toMatchObject({ sizeBytes: 131_072 })
    })

    test('an image is taken out of use and back', async () => {
      const { images } = customer.own
      const image = must(await images.find({ name: `${world().prefix}-import` }))
      await images.deactivate(image.id)
      expect(world().lastAnswer.status).toBe(204)
      expect(await images.get(image.id)).toMatchObject({ status: 'deactivated' })
      await images.reactivate(image.id)
      expect(await images.get(image.id)).toMatchObject({ status: 'active' })
    })
  })
}
