import { AdjustableClock } from '@straylight/kit'
import { afterAll, describe, expect, test } from 'vitest'
import { MemoryKeystone, startTungstenSimulator, type TungstenSimulator } from '../src/simulator/index.ts'
import { Replay, type Sample, samplesOf } from './replay.ts'

/**
 * The recorded exchanges with the real config API, of both generations, in the order in which they were recorded. Steps that the recordings leave out
 * (numbers that are missing) are made up here where later ones need them.
 */

const subnet = (ip_prefix: string, ip_prefix_len: number, more: object = {}) => ({
  subnet: { ip_prefix, ip_prefix_len },
  ...more,
})

type Gap = (replay: Replay) => Promise<void>

function replayAll(
  title: string,
  samples: Sample[],
  start: () => Promise<{ simulator: TungstenSimulator; replay: Replay; gaps: Record<number, Gap> }>,
): void {
  describe(title, async () => {
    const { simulator, replay, gaps } = await start()
    afterAll(() => simulator.close())
    for (const sample of samples)
      test(`${String(sample.number).padStart(3, '0')} ${sample.name}`, async () => {
        await gaps[sample.number]?.(replay)
        const answer = await replay.play(sample)
        const { expected, actual } = replay.compare(sample, answer)
        expect(actual).toEqual(expected)
      })
  })
}

const clock = () => new AdjustableClock('flowing', new Date('2026-11-22T05:35:14Z'))
const body = (answer: { body: unknown }) => answer.body as Record<string, Record<string, unknown>>

for (const generation of ['tf', 'opensdn'] as const) {
  const samples = samplesOf(`${generation}-config`)
  /** The id under which the recording made an object. */
  function idOf(type: string, name: string): string {
    for (const { response } of samples) {
      const made = (response.body as Record<string, { name?: string; uuid?: string }> | undefined)?.[type]
      if (made?.name === name && made.uuid) return made.uuid
    }
    throw new Error(`no ${type} ${name} was recorded`)
  }

  replayAll(`${generation} config`, samples, async () => {
    const simulator = await startTungstenSimulator({ clock: clock(), generation, computes: [] })
    const replay = new Replay(simulator.url)
    const gaps: Record<number, Gap> = {
      // 010: a second subnet is added by writing the whole list.
      11: async () => {
        const path = `/virtual-network/${idOf('virtual-network', 'net1')}`
        const { network_ipam_refs } = body(await replay.send({ method: 'GET', path }))['virtual-network'] as {
          network_ipam_refs: { attr: { ipam_subnets: object[] } }[]
        }
        network_ipam_refs[0]?.attr.ipam_subnets.push(
          subnet('10.10.1.0', 24, {
            subnet_name: 'sub2',
            enable_dhcp: true,
            allocation_pools: [{ start: '10.10.1.10', end: '10.10.1.20' }],
          }),
        )
        await replay.send({ method: 'PUT', path, body: { 'virtual-network': { network_ipam_refs } } })
      },
      26: async () => {
        const attr = { ipam_subnets: [subnet('203.0.113.0', 28)] }
        const network = {
          fq_name: ['default-domain', 'customer-a', 'public'],
          parent_type: 'project',
          router_external: true,
          network_ipam_refs: [{ to: ['default-domain', 'customer-a', 'ipam1'], attr }],
        }
        await replay.send({ method: 'POST', path: '/virtual-networks', body: { 'virtual-network': network } })
      },
      68: async () => {
        const path = `/virtual-network/${idOf('virtual-network', 'net1')}`
        const { headers } = await replay.send({ method: 'GET', path })
        const sample = samples.find((one) => one.number === 68) as Sample
        sample.request.headers = { 'If-None-Match': headers.get('etag') ?? '' }
      },
      91: async () => {
        await replay.send({ method: 'DELETE', path: `/floating-ip/${idOf('floating-ip', 'fip1')}` })
      },
      96: async () => {
        await replay.send({ method: 'DELETE', path: `/instance-ip/${idOf('instance-ip', 'port1-ip-gw')}` })
      },
    }
    return { simulator, replay, gaps }
  })

  replayAll(`${generation} rbac`, samplesOf(`${generation}-rbac`), async () => {
    const time = clock()
    const keystone = new MemoryKeystone(time)
    const ids = {
      a: 'aaaaaaaaaaaa4aaa8aaaaaaaaaaaaaaa',
      b: 'bbbbbbbbbbbb4bbb8bbbbbbbbbbbbbbb',
      admin: 'cccccccccccccccccccccccccccccccc',
      e: 'eeeeeeeeeeee4eee8eeeeeeeeeeeeeee',
    }
    keystone.addProject({ id: ids.a, name: 'customer-a' })
    keystone.addProject({ id: ids.b, name: 'customer-b' })
    keystone.addProject({ id: ids.admin, name: 'admin' })
    const tokens = {
      admin: keystone.issue('admin', ids.admin, ['admin']),
      alice: keystone.issue('alice', ids.a, ['member', '_member_'], 'tok-alice'),
      bob: keystone.issue('bob', ids.b, ['member', '_member_']),
      reader: keystone.issue('bob', ids.b, ['cloud-admin-ro']),
    }
    const simulator = await startTungstenSimulator({ clock: time, generation, keystone, aaaMode: 'rbac', computes: [] })
    const tokenOf = ({ name }: { name: string }) => {
      if (name === 'no-token') return undefined
      if (name === 'bad-token') return 'nonsense'
      if (name.startsWith('alice') || name.startsWith('member')) return tokens.alice
      if (name.startsWith('bob')) return tokens.bob
      if (name.startsWith('read-only')) return tokens.reader
      return tokens.admin
    }
    const replay = new Replay(simulator.url, tokenOf)
    const as = (who: keyof typeof tokens) => tokens[who]
    const gaps: Record<number, Gap> = {
      // 005: a read without dashes, which is destructive.
      6: async () => {
        const answer = await replay.send({ method: 'GET', path: `/project/${ids.a}` }, as('admin'))
        expect(answer.status).toBe(404)
      },
      16: async () => {
        const lists = body(await replay.send({ method: 'GET', path: '/api-access-lists?detail=true' }, as('admin')))[
          'api-access-lists'
        ] as unknown as { 'api-access-list': { uuid: string; api_access_list_entries: { rbac_rule: object[] } } }[]
        const list = lists[0]?.['api-access-list']
        const rules = [
          ...(list?.api_access_list_entries.rbac_rule ?? []),
          { rule_object: '*', rule_field: '', rule_perms: [{ role_name: 'member', role_crud: 'CRUD' }] },
        ]
        await replay.send(
          {
            method: 'PUT',
            path: `/api-access-list/${list?.uuid}`,
            body: { 'api-access-list': { api_access_list_entries: { rbac_rule: rules } } },
          },
          as('admin'),
        )
      },
      31: async () => {
        keystone.removeProject(ids.a)
        keystone.removeProject(ids.b)
        time.advance(61_000)
      },
      32: async () => {
        keystone.addProject({ id: ids.e, name: 'customer-a' })
      },
    }
    return { simulator, replay, gaps }
  })
}

replayAll('tf cloud-admin', samplesOf('tf-cloud-admin'), async () => {
  const time = clock()
  const keystone = new MemoryKeystone(time)
  keystone.addProject({ id: 'aaaaaaaaaaaa4aaa8aaaaaaaaaaaaaaa', name: 'customer-a' })
  const member = keystone.issue('alice', 'aaaaaaaaaaaa4aaa8aaaaaaaaaaaaaaa', ['member'])
  const admin = keystone.issue('admin', 'aaaaaaaaaaaa4aaa8aaaaaaaaaaaaaaa', ['admin'])
  const simulator = await startTungstenSimulator({ clock: time, keystone, computes: [] })
  const replay = new Replay(simulator.url, ({ name }) =>
    name.startsWith('member') ? member : name.startsWith('admin') ? admin : undefined,
  )
  return { simulator, replay, gaps: {} }
})

replayAll('opensdn advanced', samplesOf('opensdn-config-advanced'), async () => {
  const simulator = await startTungstenSimulator({ clock: clock(), generation: 'opensdn', computes: [] })
  const replay = new Replay(simulator.url)
  const make = (type: string, object: object) => replay.send({ method: 'POST', path: `/${type}s`, body: { [type]: object } })
  const gaps: Record<number, Gap> = {
    1: async () => {
      await make('project', {
        fq_name: ['default-domain', 'adv'],
        parent_type: 'domain',
        uuid: 'e2aba312-292d-49fd-8827-9a0280c21f09',
      })
    },
    6: async () => {
      const properties = {
        version: 2,
        service_mode: 'in-network',
        service_type: 'firewall',
        interface_type: [{ service_interface_type: 'left' }, { service_interface_type: 'right' }],
      }
      await make('service-template', {
        fq_name: ['default-domain', 'fw-template'],
        parent_type: 'domain',
        service_template_properties: properties,
      })
    },
    11: async () => {
      const refs = [{ to: ['default-domain', 'adv', 'fw1-left'] }]
      const made = await make('bgp-as-a-service', {
        fq_name: ['default-domain', 'adv', 'bgp1'],
        parent_type: 'project',
        autonomous_system: 65001,
        bgpaas_shared: false,
        virtual_machine_interface_refs: refs,
      })
      expect(made.status).toBe(200)
    },
    16: async () => {
      const made = await make('loadbalancer', {
        fq_name: ['default-domain', 'adv', 'lb1'],
        parent_type: 'project',
        uuid: '5e013737-0173-4110-a3c7-9546abf45a0c',
        loadbalancer_properties: { vip_address: '10.1.0.10', admin_state: true },
      })
      expect(made.status).toBe(200)
    },
  }
  return { simulator, replay, gaps }
})
