import { expect, test } from 'vitest'
import { subnetsOf } from '../../src/index.ts'
import type { World } from './target.ts'

export function addressesContract(get: () => World): void {
  test('addresses come from the top of a subnet, and each is given once', async () => {
    const world = get()
    const network = await world.network('top-down', '10.20.0.0/24')
    const [port, other] = [await world.port('top', network), await world.port('other', network)]
    const first = await world.address(network, port)
    expect(first.address).toBe('10.20.0.252')
    const chosen = await world.address(network, other, '10.20.0.10')
    expect(chosen.address).toBe('10.20.0.10')
    expect(await world.refused(() => world.address(network, port, '10.20.0.10'))).toMatchObject({ kind: 'conflict' })
  })

  test('an address outside of the subnets is refused in the words of a network that is full', async () => {
    const world = get()
    const network = await world.network('inside', '10.21.0.0/24')
    const port = await world.port('inside-port', network)
    expect(await world.refused(() => world.address(network, port, '10.99.0.1'))).toMatchObject({
      code: 'tungsten.addresses_exhausted',
    })
  })

  test('a network that is full gives no more addresses', async () => {
    const world = get()
    const network = await world.network('tiny', '10.22.0.0/29')
    const port = await world.port('tiny-port', network)
    // Six addresses: the gateway and the one for names are taken.
    for (const last of [1, 2, 3, 4]) await world.address(network, port, `10.22.0.${last}`)
    expect(await world.refused(() => world.address(network, port))).toMatchObject({
      kind: 'limit',
      code: 'tungsten.addresses_exhausted',
    })
  })

  test('addresses can be taken and counted without an object', async () => {
    const world = get()
    const network = await world.network('pool', '10.23.0.0/24')
    const [subnet] = subnetsOf(await world.config.read('virtual-network', network))
    const id = subnet?.subnet_uuid ?? ''
    const [before = 0] = await world.config.countAddresses(network, [id])
    const addresses = await world.config.allocateAddresses(network, { count: 3 })
    expect(new Set(addresses).size).toBe(3)
    expect(await world.config.countAddresses(network, [id])).toEqual([before + 3])
    await world.config.freeAddresses(network, addresses)
    expect(await world.config.countAddresses(network, [id])).toEqual([before])
  })

  test('a floating IP comes out of the pool of a public network and goes to one port', async () => {
    const world = get()
    const { config } = world
    const outside = await world.network('outside', '203.0.113.0/29', { router_external: true })
    const pools = await config.list('floating-ip-pool', { parentIds: [outside] })
    const pool =
      pools[0]?.uuid ??
      world.later(
        'floating-ip-pool',
        (await config.create('floating-ip-pool', { fq_name: [...world.name('outside'), 'pool'], parent_type: 'virtual-network' }))
          .uuid,
      )
    const { fq_name } = await config.read('floating-ip-pool', pool, { fields: [] })
    const inside = await world.network('behind', '10.24.0.0/24')
    const port = await world.port('behind-port', inside)
    await world.address(inside, port)
    const floating = (name: string) =>
      config.create('floating-ip', {
        fq_name: [...fq_name, name],
        parent_type: 'floating-ip-pool',
        project_refs: [{ to: world.project.fqName, uuid: world.project.uuid }],
      })
    const { uuid } = await floating(`${world.prefix}-1`)
    world.later('floating-ip', uuid)
    const { floating_ip_address } = await config.read('floating-ip', uuid)
    expect(floating_ip_address).toMatch(/^203\.0\.113\.\d$/)
    await config.addReference('floating-ip', uuid, { type: 'virtual-machine-interface', uuid: port })
    const held = await config.read('virtual-machine-interface', port, { fields: ['floating_ip_back_refs'] })
    expect(held.floating_ip_back_refs?.map((one) => one.uuid)).toEqual([uuid])
    for (let number = 2; number <= 4; number++) world.later('floating-ip', (await floating(`${world.prefix}-${number}`)).uuid)
    // A subnet of this kind that is full answers 500.
    expect(await world.refused(() => floating(`${world.prefix}-5`))).toMatchObject({
      kind: 'limit',
      code: 'tungsten.addresses_exhausted',
    })
  })
}
