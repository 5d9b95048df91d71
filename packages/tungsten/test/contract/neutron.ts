import { expect, test } from 'vitest'
import { dashless } from '../../src/index.ts'
import type { World } from './target.ts'

/** What Neutron shows is what the config API has. Judged where the target names a Neutron. */
export function neutronContract(get: () => World): void {
  test('a network made through Neutron is an object of the config API', async ({ skip }) => {
    const world = get()
    const { neutronUrl, token } = world.target
    if (neutronUrl === undefined) return skip('the target names no Neutron')
    const call = async (method: string, path: string, body?: object) => {
      const response = await fetch(`${neutronUrl}/v2.0/${path}`, {
        method,
        headers: { 'x-auth-token': await token(), accept: 'application/json', 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      const text = await response.text()
      return { status: response.status, json: (text === '' ? {} : JSON.parse(text)) as Record<string, Record<string, never>> }
    }
    const wish = { name: 'through-neutron', tenant_id: dashless(world.project.uuid) }
    const made = await call('POST', 'networks', { network: wish })
    expect(made).toMatchObject({ status: 201, json: { network: { created_at: null, mtu: 0 } } })
    const id = String(made.json.network?.id)
    world.later('virtual-network', id)
    expect((await world.config.read('virtual-network', id)).fq_name).toEqual(world.name('through-neutron'))
    expect((await call('PUT', `networks/${id}`, { network: { name: 'другое' } })).json).toMatchObject({
      network: { name: 'другое' },
    })
    expect((await world.config.read('virtual-network', id)).display_name).toBe('другое')
    expect((await call('POST', 'networks', { network: { ...wish, name: 'другое' } })).status).toBe(400)
    expect((await call('GET', 'extensions/contrail')).status).toBe(200)
    expect((await call('DELETE', `networks/${id}`)).status).toBe(204)
  })
}
