import { AdjustableClock } from '@straylight/kit'
import { afterAll, describe, expect, test } from 'vitest'
import { MemoryKeystone, startTungstenSimulator } from '../src/simulator/index.ts'
import { Replay, type Sample, samplesOf } from './replay.ts'

/** The recorded exchanges with the real Neutron server that had the real plugin in it, of both generations. */

const ids = { a: 'aaaaaaaaaaaa4aaa8aaaaaaaaaaaaaaa', b: 'bbbbbbbbbbbb4bbb8bbbbbbbbbbbbbbb', admin: 'c'.repeat(32) }

async function startNeutron(generation: 'tf' | 'opensdn', aaaMode: 'no-auth' | 'cloud-admin') {
  const clock = new AdjustableClock('flowing', new Date('2026-11-22T05:35:14Z'))
  const keystone = new MemoryKeystone(clock)
  keystone.addProject({ id: ids.a, name: 'customer-a' })
  keystone.addProject({ id: ids.b, name: 'customer-b' })
  keystone.addProject({ id: ids.admin, name: 'admin' })
  const tokens = {
    admin: keystone.issue('admin', ids.admin, ['admin']),
    alice: keystone.issue('alice', ids.a, ['member']),
    bob: keystone.issue('bob', ids.b, ['member']),
  }
  const simulator = await startTungstenSimulator({ clock, generation, keystone, aaaMode, computes: [] })
  return { clock, keystone, tokens, simulator }
}

for (const generation of ['tf', 'opensdn'] as const)
  describe(`${generation} Neutron`, async () => {
    const samples = samplesOf(`${generation}-neutron-api`)
    const { tokens, simulator } = await startNeutron(generation, 'no-auth')
    afterAll(() => simulator.close())
    const tokenOf = ({ name }: Pick<Sample, 'name'>) => {
      if (name.startsWith('network-bob')) return tokens.bob
      return /^(ext-net-create|ext-subnet|port-get-admin|port-update-binding|quota)/.test(name) ? tokens.admin : tokens.alice
    }
    const replay = new Replay(simulator.neutronUrl, tokenOf)

    const recorded = (number: number) =>
      samples.find((sample) => sample.number === number)?.response.body as Record<
        string,
        { id: string } & { id: string; protocol: string }[]
      >
    const networkId = recorded(2).network?.id ?? ''
    const publicId = recorded(47).network?.id ?? ''
    const groupId = recorded(39).security_group?.id ?? ''
    const routerId = recorded(53).router?.id ?? ''
    const send = (method: string, path: string, body: object) => replay.send({ method, path, body }, tokens.alice)

    /** Steps that the recordings leave out. */
    const gaps: Record<number, () => Promise<unknown>> = {
      7: () => send('PUT', `/v2.0/networks/${networkId}`, { network: { name: 'сеть' } }),
      42: async () => {
        const rule = {
          security_group_id: groupId,
          direction: 'ingress',
          protocol: 'tcp',
          port_range_min: 443,
          port_range_max: 443,
        }
        const { body } = await send('POST', '/v2.0/security-group-rules', { security_group_rule: rule })
        const known = recorded(45).security_group_rules?.find(({ protocol }) => protocol === 'tcp')
        replay.know(known?.id ?? '', (body as { security_group_rule: { id: string } }).security_group_rule.id)
      },
      47: () => {
        const rule = (port: number) => ({
          security_group_id: groupId,
          direction: 'ingress',
          protocol: 'udp',
          port_range_min: port,
          port_range_max: port,
        })
        return send('POST', '/v2.0/security-group-rules', { security_group_rules: [rule(53), rule(123)] })
      },
      52: async () => {
        const { body } = await send('POST', '/v2.0/routers', {
          router: { name: 'r1', external_gateway_info: { network_id: publicId } },
        })
        replay.know(routerId, (body as { router: { id: string } }).router.id)
      },
      62: () => send('POST', '/v2.0/floatingips', { floatingip: { floating_network_id: publicId } }),
    }
    for (const sample of samples)
      test(`${String(sample.number).padStart(3, '0')} ${sample.name}`, async () => {
        await gaps[sample.number]?.()
        const { expected, actual } = replay.compare(sample, await replay.play(sample))
        expect(actual).toEqual(expected)
      })
  })

describe('a Neutron whose plugin has lost its token', () => {
  for (const sample of samplesOf('opensdn-neutron-api-revoked-plugin-token'))
    test(`${String(sample.number).padStart(3, '0')} ${sample.name}`, async () => {
      const { keystone, tokens, simulator } = await startNeutron('opensdn', 'cloud-admin')
      const replay = new Replay(simulator.neutronUrl, () => tokens.admin)
      expect((await replay.send({ method: 'GET', path: '/v2.0/networks' }, tokens.admin)).status).toBe(200)
      keystone.revokeTokensOf('neutron')
      simulator.restart()
      const { expected, actual } = replay.compare(sample, await replay.play(sample))
      expect(actual).toEqual(expected)
      await simulator.close()
    })
})
