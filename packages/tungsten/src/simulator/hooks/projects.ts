import { createObject, deleteObject } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { StoredObject } from '../store.ts'
import type { Context, World } from '../world.ts'
import type { Hooks } from './index.ts'

const policySetName = 'default-application-policy-set'
const asServer = (context: Context): Context => ({ base: context.base, caller: undefined })

/** Every project gets a `default` security group and a default policy set that it also refers to. */
export const projectHooks: Hooks = {
  afterCreate(world, context, project) {
    const set = createObject(world, asServer(context), 'application-policy-set', {
      fq_name: [...project.fq_name, policySetName],
      parent_type: 'project',
      all_applications: true,
    })
    world.store.change(project.uuid, (stored) => {
      stored.references.application_policy_set_refs = [{ uuid: set.uuid, attr: null }]
    })
    createDefaultSecurityGroup(world, context, project)
  },

  // https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/__init__.py (`pre_project_delete`)
  beforeDeleteChecks(world, context, project) {
    const group = world.store.byName('security-group', [...project.fq_name, 'default'])
    if (!group) return
    try {
      deleteObject(world, asServer(context), 'security-group', group.uuid)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  },

  beforeDelete(world, context, project) {
    const set = world.store.byName('application-policy-set', [...project.fq_name, policySetName])
    if (!set) return
    world.store.change(project.uuid, (stored) => {
      stored.references.application_policy_set_refs = []
    })
    deleteObject(world, asServer(context), 'application-policy-set', set.uuid)
  },
}

/** Lets in what comes from the group itself, and out everything. */
export function createDefaultSecurityGroup(world: World, context: Context, project: StoredObject): StoredObject {
  const name = [...project.fq_name, 'default']
  const rule = (ingress: boolean, other: object, ethertype: string) => ({
    rule_uuid: world.store.newUuid(),
    direction: '>',
    protocol: 'any',
    ethertype,
    src_addresses: [ingress ? other : { security_group: 'local' }],
    src_ports: [{ start_port: 0, end_port: 65535 }],
    dst_addresses: [ingress ? { security_group: 'local' } : other],
    dst_ports: [{ start_port: 0, end_port: 65535 }],
  })
  const anyone = (ip_prefix: string) => ({ subnet: { ip_prefix, ip_prefix_len: 0 } })
  const itself = { security_group: name.join(':') }
  return createObject(world, asServer(context), 'security-group', {
    fq_name: name,
    parent_type: 'project',
    id_perms: { enable: true, description: 'Default security group' },
    perms2: { owner: project.uuid, owner_access: 7, global_access: 0, share: [] },
    security_group_entries: {
      policy_rule: [
        rule(true, itself, 'IPv4'),
        rule(true, itself, 'IPv6'),
        rule(false, anyone('0.0.0.0'), 'IPv4'),
        rule(false, anyone('::'), 'IPv6'),
      ],
    },
  })
}
