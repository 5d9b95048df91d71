import { UpstreamError } from '@straylight/kit'
import { expect, test } from 'vitest'
import { nodeRoles, readNodes, readTraffic } from '../../src/index.ts'
import type { World } from './target.ts'

export function analyticsContract(get: () => World): void {
  test('operational state has types, and names that it does not know are nothing', async () => {
    const { analytics } = get().tungsten
    const types = await analytics.types()
    expect(types).toEqual(expect.arrayContaining(['virtual-network', 'virtual-machine-interface', 'vrouter']))
    expect(await analytics.uve('virtual-network', 'default-domain:nobody:nothing')).toBeUndefined()
  })

  test('nodes report their health, and one that is expected and missing is not healthy', async () => {
    const nodes = await readNodes(get().tungsten.analytics, [{ role: 'vrouter', host: 'a-host-that-is-not-there' }])
    for (const { role } of nodes) expect(nodeRoles).toContain(role)
    expect(nodes.some(({ role }) => role === 'analytics-node')).toBe(true)
    expect(nodes.find(({ host }) => host === 'a-host-that-is-not-there')).toMatchObject({
      healthy: false,
      problems: ['reports nothing'],
    })
  })

  test('traffic counters are whole numbers that are not negative', async () => {
    for (const { interfaceId, total } of await readTraffic(get().tungsten.analytics)) {
      expect(interfaceId).toMatch(/^[0-9a-f-]{36}$/)
      for (const count of Object.values(total)) expect(count).toBeGreaterThanOrEqual(0)
    }
  })

  test('the query engine answers or is not there', async () => {
    const { analytics } = get().tungsten
    const query = { table: 'StatTable.VMIStats.raw_if_stats', from: 'now-10m', to: 'now', select: ['T', 'name'], limit: 5 }
    const answer = await analytics.query(query).catch((error: unknown) => error)
    if (answer instanceof UpstreamError) expect(answer.code).toBe('tungsten.no_query_engine')
    else expect(Array.isArray(answer)).toBe(true)
  })
}
