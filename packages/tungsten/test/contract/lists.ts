import { beforeAll, describe, expect, test } from 'vitest'
import type { World } from './target.ts'

const names = Array.from({ length: 30 }, (_, index) => `tag-${String(index).padStart(2, '0')}`)

export function listsContract(get: () => World): void {
  describe('lists', () => {
    let ids: string[] = []
    beforeAll(async () => {
      const world = get()
      ids = []
      for (const [index, name] of names.entries()) {
        const { uuid } = await world.config.create('network-policy', {
          fq_name: world.name(name),
          parent_type: 'project',
          display_name: index % 3 === 0 ? 'третья' : `other, ${index}`,
        })
        ids.push(world.later('network-policy', uuid))
      }
    }, 120_000)
    const within = () => ({ parentIds: [get().project.uuid] })
    const sorted = (rows: { uuid: string }[]) => rows.map(({ uuid }) => uuid).sort()

    test('by a parent, with the fields that were asked for', async () => {
      const rows = await get().config.list('network-policy', within(), ['display_name'])
      expect(sorted(rows)).toEqual(expect.arrayContaining(ids))
      expect(rows.find(({ uuid }) => uuid === ids[0])?.display_name).toBe('третья')
    })

    test('by a filter on a property', async () => {
      const rows = await get().config.list('network-policy', { ...within(), filters: { display_name: 'третья' } })
      expect(sorted(rows)).toEqual(ids.filter((_, index) => index % 3 === 0).sort())
      const none = await get().config.list('network-policy', { ...within(), filters: { display_name: 'nobody' } })
      expect(none).toEqual([])
    })

    test('a filter that the server could not read is not sent', async () => {
      const list = () => get().config.list('network-policy', { filters: { display_name: 'other, 1' } })
      await expect(list()).rejects.toMatchObject({ code: 'tungsten.filter_inexpressible' })
    })

    test('with all details', async () => {
      const rows = await get().config.listDetails('network-policy', within())
      expect(rows.find(({ uuid }) => uuid === ids[0])).toMatchObject({ display_name: 'третья', parent_type: 'project' })
    })

    test('counted', async () => {
      expect(await get().config.count('network-policy', { ...within(), uuids: ids.slice(0, 5) })).toBe(5)
      expect(await get().config.count('network-policy', { parentIds: ['5d2f0b9e-6f7a-4c2b-9f3e-00000000ffff'] })).toBe(0)
    })

    test('by many ids, more than fit into a URL, and by many names', async () => {
      expect(sorted(await get().config.list('network-policy', { uuids: ids }))).toEqual([...ids].sort())
      const rows = await get().config.list('network-policy', { names: names.map((name) => get().name(name)) })
      expect(sorted(rows)).toEqual([...ids].sort())
    })

    test('of nothing is nothing, not everything', async () => {
      expect(await get().config.list('network-policy', { uuids: [] })).toEqual([])
      expect(await get().config.count('network-policy', { names: [] })).toBe(0)
    })

    test('ids that nothing has shorten the list', async () => {
      const rows = await get().config.list('network-policy', { uuids: ['5d2f0b9e-6f7a-4c2b-9f3e-00000000ffff', ids[0] ?? ''] })
      expect(sorted(rows)).toEqual([ids[0]])
    })

    test('in pages, each object once', async () => {
      const seen: string[] = []
      let pages = 0
      for await (const page of get().config.pages('network-policy', {}, { pageSize: 7, fields: ['display_name'] })) {
        pages++
        expect(page.length).toBeLessThanOrEqual(7)
        seen.push(...page.map(({ uuid }) => uuid))
      }
      expect(pages).toBeGreaterThan(3)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen).toEqual(expect.arrayContaining(ids))
      const all: string[] = []
      for await (const { uuid } of get().config.all('network-policy', {}, { pageSize: 1000 })) all.push(uuid)
      expect(all.sort()).toEqual(seen.sort())
    })

    test('of what refers to something', async () => {
      const world = get()
      const network = await world.network('referred', '10.30.0.0/24')
      const port = await world.port('referring', network)
      const rows = await world.config.list('virtual-machine-interface', { referringTo: [network] })
      expect(sorted(rows)).toEqual([port])
    })
  })
}
