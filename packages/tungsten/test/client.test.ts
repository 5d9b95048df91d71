import { type HttpRequest, type Send, UpstreamError } from '@straylight/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addSubnet, ConfigApi, dashed, dashless, listParameters, removeSubnet } from '../src/index.ts'

const id = '5d2f0b9e-6f7a-4c2b-9f3e-000000000001'

/** A transport that answers what it is told and keeps what it was asked. */
function wire(...answers: (unknown | { status: number; text: string })[]) {
  const asked: HttpRequest[] = []
  const send: Send = async (request) => {
    asked.push(request)
    const answer = answers[Math.min(asked.length - 1, answers.length - 1)] as { status?: number; text?: string }
    const isRaw = typeof answer.status === 'number' && typeof answer.text === 'string'
    const body = isRaw ? (answer.text as string) : JSON.stringify(answer)
    return { status: isRaw ? (answer.status as number) : 200, headers: {}, body: Buffer.from(body) }
  }
  return { asked, config: new ConfigApi({ url: 'http://config:8082/', token: async () => 'token', send }) }
}
const pathOf = (request: HttpRequest | undefined) =>
  decodeURIComponent(new URL(request?.url ?? '').pathname + new URL(request?.url ?? '').search)

describe('an id', () => {
  test('has dashes for the config API and none for Keystone, and is refused when it is none', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(dashed(dashless(uuid))).toBe(uuid)
        expect(dashed(uuid.toUpperCase())).toBe(uuid)
      }),
    )
    expect(() => dashed('../project')).toThrow(expect.objectContaining({ code: 'tungsten.not_a_uuid' }))
  })

  test('is never sent without dashes, which would destroy a project', async () => {
    const { asked, config } = wire({ project: { uuid: id, fq_name: ['default-domain', 'a'] } })
    await config.read('project', dashless(id))
    expect(asked[0]?.url).toBe(`http://config:8082/project/${id}`)
  })
})

describe('a list', () => {
  test('is asked for with everything that is to hold', () => {
    expect(
      listParameters<'virtual-machine-interface'>({
        parentIds: [dashless(id)],
        referringTo: [id],
        names: [['a', 'b', 'c']],
        filters: { virtual_machine_interface_device_owner: ['compute:nova', 'network:router_interface'] },
        shared: true,
      }),
    ).toEqual({
      parent_id: id,
      back_ref_id: id,
      fq_names: 'a:b:c',
      shared: 'true',
      filters:
        'virtual_machine_interface_device_owner=="compute:nova",virtual_machine_interface_device_owner=="network:router_interface"',
    })
  })

  test('is not asked for with a filter that the server would cut in pieces', () => {
    for (const name of ['a,b', 'a==b'])
      expect(() => listParameters<'project'>({ filters: { display_name: name } })).toThrow(
        expect.objectContaining({ code: 'tungsten.filter_inexpressible' }),
      )
    fc.assert(
      fc.property(fc.string(), (value) => {
        let parameters: Record<string, string> = {}
        try {
          parameters = listParameters<'project'>({ filters: { display_name: value } })
        } catch {
          return
        }
        // As the server reads it: cut at commas, then at ==, then as JSON.
        const [term = '', ...more] = (parameters.filters ?? '').split(',')
        expect(more).toEqual([])
        expect(JSON.parse(term.split('==')[1] ?? '')).toBe(value)
      }),
    )
  })

  test('of many ids goes by POST, with flags as flags', async () => {
    const { asked, config } = wire({ projects: [] })
    const uuids = Array.from({ length: 26 }, (_, index) => `5d2f0b9e-6f7a-4c2b-9f3e-0000000000${10 + index}`)
    await config.listDetails('project', { uuids })
    expect([asked[0]?.method, pathOf(asked[0])]).toEqual(['POST', '/list-bulk-collection'])
    expect(JSON.parse(String(asked[0]?.body))).toEqual({ type: 'project', obj_uuids: uuids.join(','), detail: true })
  })

  test('of no ids is not asked for at all', async () => {
    const { asked, config } = wire({})
    expect(await config.list('project', { uuids: [] })).toEqual([])
    expect(asked).toEqual([])
  })

  test('whose marker does not move is an error, not an endless loop', async () => {
    const { config } = wire({ projects: [], marker: 'same' })
    const walk = async () => {
      for await (const page of config.pages('project')) expect(page).toEqual([])
    }
    await expect(walk()).rejects.toMatchObject({ code: 'tungsten.garbled' })
  })
})

describe('a subnet', () => {
  const network = (...subnets: object[]) => ({
    'virtual-network': {
      uuid: id,
      fq_name: ['a', 'b', 'c'],
      network_ipam_refs: [{ to: ['x'], uuid: id, attr: { ipam_subnets: subnets } }],
    },
  })
  const wanted = { subnet: { ip_prefix: '10.0.0.0', ip_prefix_len: 24 } }

  test('is written again when another writer has undone it, and believed when it is read', async () => {
    const { asked, config } = wire(network(), {}, network(), {}, network({ ...wanted, subnet_uuid: 's' }))
    expect(await addSubnet(config, id, wanted)).toMatchObject({ subnet_uuid: 's' })
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT', 'GET'])
  })

  test('that was written may be there when reading it back fails, and is found by a repeat instead of overlapping itself', async () => {
    const away = { status: 503, text: 'away' }
    const { asked, config } = wire(network(), {}, away, network({ ...wanted, subnet_uuid: 's' }))
    await expect(addSubnet(config, id, wanted)).rejects.toMatchObject({ status: 503, retryable: true, effect: 'unknown' })
    expect(await addSubnet(config, id, wanted)).toMatchObject({ subnet_uuid: 's' })
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'GET'])
    const { config: silent } = wire(away)
    await expect(addSubnet(silent, id, wanted)).rejects.toMatchObject({ status: 503, effect: 'none' })
  })

  test('is given up when others win every time', async () => {
    const { config } = wire(network())
    await expect(addSubnet(config, id, wanted)).rejects.toMatchObject({ kind: 'silent', code: 'tungsten.not_written' })
  })

  test('is taken off without touching the others, and not when it is not there', async () => {
    const { asked, config } = wire(network({ subnet_uuid: 'one' }, { subnet_uuid: 'two' }))
    await removeSubnet(config, id, 'one')
    expect(JSON.parse(String(asked[1]?.body))).toMatchObject({
      'virtual-network': { network_ipam_refs: [{ attr: { ipam_subnets: [{ subnet_uuid: 'two' }] } }] },
    })
    await expect(removeSubnet(config, id, 'three')).rejects.toMatchObject({ code: 'tungsten.no_such_subnet' })
  })
})

describe('a call', () => {
  test('carries the token and the type that the server understands', async () => {
    const { asked, config } = wire({ 'virtual-machine': { uuid: id, fq_name: ['vm'] } })
    await config.create('virtual-machine', { fq_name: ['vm'], uuid: dashless(id) })
    expect(asked[0]?.headers).toMatchObject({ 'x-auth-token': 'token', 'content-type': 'application/json; charset="UTF-8"' })
    expect(JSON.parse(String(asked[0]?.body))).toEqual({ 'virtual-machine': { fq_name: ['vm'], uuid: id } })
  })

  test('is not repeated with the same token', async () => {
    const { asked, config } = wire({ status: 401, text: '' })
    await expect(config.aaaMode()).rejects.toMatchObject({ kind: 'unauthenticated' })
    expect(asked).toHaveLength(1)
  })

  test('that is answered with nothing, or with something else, is garbled', async () => {
    for (const text of ['', '<html>', '[]', '{"project": null}'])
      await expect(wire({ status: 200, text }).config.read('project', id)).rejects.toMatchObject({ code: 'tungsten.garbled' })
  })

  test('fails as the token function fails', async () => {
    const broken = new ConfigApi({
      url: 'http://config',
      token: async () => {
        throw new UpstreamError({
          service: 'keystone',
          kind: 'unavailable',
          code: 'keystone.away',
          message: '',
          retryable: true,
          effect: 'none',
        })
      },
    })
    await expect(broken.aaaMode()).rejects.toMatchObject({ code: 'keystone.away' })
  })
})
