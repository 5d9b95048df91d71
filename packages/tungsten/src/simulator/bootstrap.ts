import { defaultRules } from './access.ts'
import { knownTagTypes } from './hooks/tags.ts'
import { newIdPermissions } from './objects.ts'
import { schemaOf } from './schema.ts'
import type { StoredObject } from './store.ts'
import type { World } from './world.ts'

/**
 * What an installation has before anybody calls it. These objects are written past the API, so they lack a `display_name` and have the schema's default values.
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/api_server.py (`_db_init_entries`)
 */
export function bootstrap(world: World): void {
  const system = make('global-system-config', ['default-global-system-config'], {
    autonomous_system: 64512,
    config_version: '1.0',
    enable_4byte_as: false,
    enable_security_policy_draft: false,
    ibgp_auto_mesh: true,
    igmp_enable: false,
    mac_aging_time: 300,
  })
  const vrouters = make(
    'global-vrouter-config',
    ['default-global-system-config', 'default-global-vrouter-config'],
    {
      encryption_mode: 'none',
      enable_security_logging: true,
      ...(world.generation === 'opensdn' ? { max_vm_flows_percent: 0, global_max_vmi_flows: 0 } : {}),
    },
    system,
  )
  const domain = make('domain', ['default-domain'])
  const project = make('project', ['default-domain', 'default-project'], {}, domain)
  network('default-virtual-network', 'default-virtual-network')
  const ipam = make(
    'network-ipam',
    [...project.fq_name, 'default-network-ipam'],
    { ipam_subnet_method: 'user-defined-subnet' },
    project,
  )
  share(ipam)
  make('fabric', ['default-fabric'])
  const management = make('policy-management', ['default-policy-management'])
  const policies = make(
    'application-policy-set',
    ['default-policy-management', 'default-application-policy-set'],
    { all_applications: true },
    management,
  )
  world.store.change(policies.uuid, (stored) => {
    stored.references.global_vrouter_config_refs = [{ uuid: vrouters.uuid, attr: null }]
  })
  network('ip-fabric', 'ip-fabric', '__default__')
  network('__link_local__', '__link_local__')
  network('dci-network', 'dci-network', '__default__')
  const noRule = make(
    'security-group',
    [...project.fq_name, '__no_rule__'],
    { security_group_id: world.store.takeNumber('security-group', 8_000_001), security_group_entries: { policy_rule: [] } },
    project,
  )
  share(noRule)
  make('global-qos-config', ['default-global-system-config', 'default-global-qos-config'], {}, system)
  make('network-ipam', [...project.fq_name, 'service-chain-flat-ipam'], { ipam_subnet_method: 'flat-subnet' }, project)
  for (const [index, name] of knownTagTypes.entries()) {
    const type = make('tag-type', [name], { tag_type_id: `0x${index.toString(16).padStart(4, '0')}`, display_name: name })
    world.store.change(type.uuid, (stored) => {
      stored.id_perms.user_visible = false
    })
  }
  if (world.aaaMode === 'rbac') allowDefaults(world)

  function network(name: string, ...instances: string[]): void {
    const made = make(
      'virtual-network',
      [...project.fq_name, name],
      { virtual_network_network_id: world.store.takeNumber('virtual-network', 1) },
      project,
    )
    for (const instance of instances)
      make('routing-instance', [...made.fq_name, instance], instance === name ? { routing_instance_is_default: true } : {}, made)
  }

  /** Everybody may read and refer to it. */
  function share(object: StoredObject): void {
    world.store.change(object.uuid, (stored) => {
      stored.perms2.global_access = 5
    })
  }

  function make(type: string, fq_name: string[], properties: Record<string, unknown> = {}, parent?: StoredObject): StoredObject {
    return insert(world, type, fq_name, properties, parent)
  }
}

function insert(
  world: World,
  type: string,
  fq_name: string[],
  properties: Record<string, unknown>,
  parent?: StoredObject,
): StoredObject {
  const owned = parent ? { parent_type: parent.type, parent_uuid: parent.uuid } : {}
  return world.store.insert({
    uuid: world.store.newUuid(),
    type,
    fq_name,
    ...owned,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => name in schemaOf(type).props)),
    references: {},
    id_perms: newIdPermissions(world, {}),
    perms2: { owner: 'cloud-admin', owner_access: 7, global_access: 0, share: [] },
  })
}

/** The rules that `rbac` begins with; they are made once. */
export function allowDefaults(world: World): void {
  const name = ['default-global-system-config', 'default-api-access-list']
  const system = world.store.byName('global-system-config', ['default-global-system-config'])
  if (system && !world.store.uuidOf('api-access-list', name))
    insert(world, 'api-access-list', name, { api_access_list_entries: { rbac_rule: structuredClone(defaultRules) } }, system)
}
