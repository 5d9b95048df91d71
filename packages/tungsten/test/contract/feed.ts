import { expect, test } from 'vitest'
import { type Change, changes } from '../../src/index.ts'
import type { World } from './target.ts'

export function feedContract(get: () => World): void {
  test('the change feed begins with everything and tells each change after it', async () => {
    const world = get()
    const { config, target } = world
    const ending = new AbortController()
    const heard: Change<'network-policy' | 'tag'>[] = []
    const listening = (async () => {
      const types = ['network-policy', 'tag'] as const
      for await (const change of changes(config, { types, clock: target.clock, signal: ending.signal })) heard.push(change)
    })()
    await world.soon(() =>
      heard.some(({ kind, type }) => kind === 'everything' && type === 'network-policy') ? true : undefined,
    )
    const { uuid } = await config.create('network-policy', { fq_name: world.name('watched'), parent_type: 'project' })
    await config.update('network-policy', uuid, { display_name: 'changed' })
    await config.delete('network-policy', uuid)
    const about = () =>
      heard.flatMap((change) => {
        if (change.kind === 'everything' || change.type !== 'network-policy') return []
        if (change.kind === 'deleted') return change.uuid === uuid ? ['deleted'] : []
        return change.object.uuid === uuid ? [change.kind] : []
      })
    await world.soon(() => (about().includes('deleted') ? true : undefined))
    expect(about()[0]).toBe('created')
    expect(about()).toContain('updated')
    expect(about().at(-1)).toBe('deleted')
    ending.abort()
    await listening
  })
}
