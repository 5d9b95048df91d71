import { expect, test } from 'vitest'
import { addSubnet, dashless, removeSubnet, subnetsOf } from '../../src/index.ts'
import type { World } from './target.ts'

export function objectsContract(get: () => World): void {
  test('a project has a default security group as soon as it is there', async () => {
    const { config, project } = get()
    const groups = await config.list('security-group', { parentIds: [project.uuid] })
    expect(groups.map(({ fq_name }) => fq_name.at(-1))).toContain('default')
  })

  test('an object is found by its name and named by its id, and not when it is not there', async () => {
    const world = get()
    const { config, project } = world
    expect(await config.idOf('project', project.fqName)).toBe(project.uuid)
    expect(await config.nameOf(project.uuid)).toEqual({ type: 'project', fq_name: project.fqName })
    expect(await config.idOf('virtual-network', world.name('nowhere'))).toBeUndefined()
    expect(await config.nameOf('5d2f0b9e-6f7a-4c2b-9f3e-00000000ffff')).toBeUndefined()
    expect(await world.refused(() => config.read('virtual-network', '5d2f0b9e-6f7a-4c2b-9f3e-00000000ffff'))).toMatchObject({
      code: 'tungsten.not_found',
      status: 404,
    })
  })

  test('an object is read whole or by fields, by its id with dashes or without', async () => {
    const world = get()
    const id = await world.network('whole', '10.1.0.0/24', { is_shared: false, display_name: 'Сеть' })
    const whole = await world.config.read('virtual-network', dashless(id))
    expect(whole).toMatchObject({ uuid: id, fq_name: world.name('whole'), display_name: 'Сеть', parent_uuid: world.project.uuid })
    expect(whole.id_perms?.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/)
    expect(whole.virtual_network_network_id).toBeGreaterThan(0)
    const part = await world.config.read('virtual-network', id, { fields: ['is_shared'] })
    expect(part.is_shared).toBe(false)
    expect(part).not.toHaveProperty('network_ipam_refs')
  })

  test('a name may be had once, and may not hold a colon', async () => {
    const world = get()
    await world.network('once', '10.2.0.0/24')
    const again = { fq_name: world.name('once'), parent_type: 'project' }
    expect(await world.refused(() => world.config.create('virtual-network', again))).toMatchObject({
      kind: 'conflict',
      code: 'tungsten.taken',
      effect: 'none',
    })
    const colon = { fq_name: world.name('a:b'), parent_type: 'project' }
    expect(await world.refused(() => world.config.create('virtual-network', colon))).toMatchObject({ code: 'tungsten.invalid' })
  })

  test('a change keeps what it does not name', async () => {
    const world = get()
    const id = await world.network('changed', '10.3.0.0/24', { display_name: 'before' })
    await world.config.update('virtual-network', id, { display_name: 'after' })
    const read = await world.config.read('virtual-network', id)
    expect(read.display_name).toBe('after')
    expect(subnetsOf(read)).toHaveLength(1)
  })

  test('an object is read again only when it has changed', async () => {
    const world = get()
    const id = await world.network('cached', '10.4.0.0/24')
    const { id_perms } = await world.config.read('virtual-network', id)
    const seen = id_perms?.last_modified ?? ''
    expect(await world.config.readIfChanged('virtual-network', id, seen)).toBeUndefined()
    await world.config.update('virtual-network', id, { display_name: 'new' })
    expect(await world.config.readIfChanged('virtual-network', id, seen)).toMatchObject({ display_name: 'new' })
  })

  test('subnets come and go one by one, and do not overlap', async () => {
    const world = get()
    const id = await world.network('subnets', '10.5.0.0/24')
    const added = await addSubnet(world.config, id, {
      subnet: { ip_prefix: '10.6.0.0', ip_prefix_len: 24 },
      subnet_name: 'second',
    })
    expect(added).toMatchObject({ subnet_name: 'second', subnet_uuid: expect.any(String), default_gateway: expect.any(String) })
    const overlapping = { subnet: { ip_prefix: '10.6.0.0', ip_prefix_len: 25 } }
    expect(await world.refused(() => addSubnet(world.config, id, overlapping))).toMatchObject({ kind: 'invalid' })
    await removeSubnet(world.config, id, added.subnet_uuid ?? '')
    expect(subnetsOf(await world.config.read('virtual-network', id))).toHaveLength(1)
  })

  test('references are added and taken away without touching the others', async () => {
    const world = get()
    const id = await world.network('with-policy', '10.7.0.0/24')
    const policies = []
    for (const name of ['one', 'two']) {
      const { uuid } = await world.config.create('network-policy', { fq_name: world.name(name), parent_type: 'project' })
      policies.push(world.later('network-policy', uuid))
    }
    for (const [major, uuid] of policies.entries())
      await world.config.addReference('virtual-network', id, {
        type: 'network-policy',
        uuid,
        attr: { sequence: { major, minor: 0 } },
      })
    const referred = async () =>
      ((await world.config.read('virtual-network', id)).network_policy_refs ?? []).map(({ uuid }) => uuid).sort()
    expect(await referred()).toEqual([...policies].sort())
    const [first = '', second] = policies
    expect(await world.refused(() => world.config.delete('network-policy', first))).toMatchObject({ code: 'tungsten.in_use' })
    await world.config.removeReference('virtual-network', id, { type: 'network-policy', uuid: first })
    await world.config.removeReference('virtual-network', id, { type: 'network-policy', uuid: first })
    expect(await referred()).toEqual([second])
    await world.config.removeReference('virtual-network', id, { type: 'network-policy', uuid: second ?? '' })
  })

  test('annotations change one at a time', async () => {
    const world = get()
    const id = await world.network('annotated', '10.8.0.0/24')
    const set = (key: string, value: string) =>
      world.config.updateCollection(id, [{ field: 'annotations', operation: 'set', value: { key, value }, position: key }])
    await set('colour', 'red')
    await set('shape', 'round')
    await set('colour', 'blue')
    const { annotations = [] } = await world.config.propertyCollection(id, ['annotations'])
    expect(annotations.map(({ value }) => value).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual([
      { key: 'colour', value: 'blue' },
      { key: 'shape', value: 'round' },
    ])
    await world.config.updateCollection(id, [{ field: 'annotations', operation: 'delete', position: 'colour' }])
    const read = await world.config.read('virtual-network', id)
    expect(read.annotations?.key_value_pair).toEqual([{ key: 'shape', value: 'round' }])
  })

  test('an object with others in it or on it stays', async () => {
    const world = get()
    const id = await world.network('busy', '10.9.0.0/24')
    await world.port('on-busy', id)
    expect(await world.refused(() => world.config.delete('virtual-network', id))).toMatchObject({
      kind: 'conflict',
      code: 'tungsten.in_use',
      effect: 'none',
    })
  })

  test('a quota stops at its number', async () => {
    const world = get()
    const { uuid: project } = await world.config.create('project', {
      fq_name: ['default-domain', `${world.prefix}-small`],
      parent_type: 'domain',
    })
    world.later('project', project)
    for (const { uuid } of await world.config.list('security-group', { parentIds: [project] }))
      world.later('security-group', uuid)
    await world.config.update('project', project, { quota: { defaults: -1, network_policy: 1 } })
    const policy = (name: string) =>
      world.config.create('network-policy', {
        fq_name: ['default-domain', `${world.prefix}-small`, name],
        parent_type: 'project',
      })
    world.later('network-policy', (await policy('first')).uuid)
    expect(await world.refused(() => policy('second'))).toMatchObject({ kind: 'limit', code: 'tungsten.over_quota', status: 412 })
  })

  test('a security group keeps its rules as they were written', async () => {
    const world = get()
    const rule = {
      direction: '>',
      protocol: 'tcp',
      ethertype: 'IPv4',
      src_addresses: [{ subnet: { ip_prefix: '0.0.0.0', ip_prefix_len: 0 } }],
      src_ports: [{ start_port: 0, end_port: 65_535 }],
      dst_addresses: [{ security_group: 'local' }],
      dst_ports: [{ start_port: 443, end_port: 443 }],
    }
    const { uuid } = await world.config.create('security-group', {
      fq_name: world.name('web'),
      parent_type: 'project',
      security_group_entries: { policy_rule: [rule] },
    })
    world.later('security-group', uuid)
    const { security_group_entries } = await world.config.read('security-group', uuid)
    expect(security_group_entries?.policy_rule?.[0]).toMatchObject(rule)
    expect(security_group_entries?.policy_rule?.[0]?.rule_uuid).toEqual(expect.any(String))
  })
}
