import { AdjustableClock } from '@straylight/kit'
import { afterAll, describe, expect, test } from 'vitest'
import { startTungstenSimulator } from '../src/simulator/index.ts'
import { Replay, type Sample, samplesOf } from './replay.ts'

/** The recorded exchanges with `/neutron/*` of the real config API, of both generations. */

const tenant = 'aaaaaaaaaaaa4aaa8aaaaaaaaaaaaaaa'

/** One call of the plugin. */
const call = (type: string, operation: string, data: object): Sample['request'] => ({
  method: 'POST',
  path: `/neutron/${type}`,
  body: {
    context: { operation, type, tenant_id: tenant, tenant, is_admin: true, roles: ['admin'] },
    data: { ...data, filters: null, fields: null },
  },
})

interface Recorded {
  id: string
  name?: string
  floating_ip_address?: string
  port_range_min?: number
  protocol?: string
}

for (const generation of ['tf', 'opensdn'] as const)
  describe(`${generation} /neutron`, async () => {
    const samples = samplesOf(`${generation}-neutron-backend`)
    const clock = new AdjustableClock('flowing', new Date('2026-11-22T05:35:14Z'))
    const simulator = await startTungstenSimulator({ clock, generation, computes: [] })
    afterAll(() => simulator.close())
    const replay = new Replay(simulator.url)

    const recorded = (number: number) =>
      samples.find((sample) => sample.number === number)?.response.body as Recorded & Recorded[]
    const networkId = recorded(9).id
    const routerId = recorded(40).id
    const publicId = recorded(38).id
    const groupId = recorded(27).id

    /** A step that the recordings leave out, under the id that they use afterwards. */
    const make = async (type: string, resource: object, recordedId: string) => {
      const { body } = await replay.send(call(type, 'CREATE', { resource: { tenant_id: tenant, ...resource } }))
      replay.know(recordedId, (body as { id: string }).id)
    }
    const gaps: Record<number, () => Promise<unknown>> = {
      2: async () => {
        const project = {
          fq_name: ['default-domain', 'cust-n'],
          parent_type: 'domain',
          uuid: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
        }
        await replay.send({ method: 'POST', path: '/projects', body: { project } })
        await make('network', { name: 'net1', admin_state_up: true }, networkId)
      },
      12: () => make('network', { name: 'net1' }, recorded(70).find(({ id }) => id !== networkId)?.id ?? ''),
      32: () => {
        const rule = recorded(35).find(({ port_range_min, protocol }) => port_range_min === 22 && protocol === 'tcp')
        const wish = {
          direction: 'ingress',
          protocol: 'tcp',
          port_range_min: 22,
          port_range_max: 22,
          ethertype: 'IPv4',
          remote_ip_prefix: '0.0.0.0/0',
        }
        return make('security_group_rule', { security_group_id: groupId, ...wish }, rule?.id ?? '')
      },
      42: () =>
        replay.send(call('router', 'UPDATE', { id: routerId, resource: { external_gateway_info: { network_id: publicId } } })),
      52: () => {
        const address = recorded(57).find(({ floating_ip_address }) => floating_ip_address?.endsWith('.6'))
        return make('floatingip', { floating_network_id: publicId }, address?.id ?? '')
      },
    }
    for (const sample of samples)
      test(`${String(sample.number).padStart(3, '0')} ${sample.name}`, async () => {
        await gaps[sample.number]?.()
        const { expected, actual } = replay.compare(sample, await replay.play(sample))
        expect(actual).toEqual(expected)
      })
  })
