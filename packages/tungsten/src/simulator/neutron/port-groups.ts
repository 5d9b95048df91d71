import type { Body } from '../objects.ts'
import type { StoredObject } from '../store.ts'
import { NeutronFailure } from './failure.ts'
import { find, type Resource, type Session } from './session.ts'

const noRuleGroup = ['default-domain', 'default-project', '__no_rule__']

export const isNoRule = (group: StoredObject | undefined): boolean => group?.fq_name.join(':') === noRuleGroup.join(':')

function groupReferences(session: Session, ids: readonly unknown[]): Body[] {
  return ids.map((id) => {
    const group = find(session, 'security-group', id)
    if (!group) throw new NeutronFailure('SecurityGroupNotFound', { id })
    return { to: group.fq_name, uuid: group.uuid }
  })
}

const noRuleReference = (session: Session): Body[] => {
  const group = session.world.store.byName('security-group', noRuleGroup)
  return group ? [{ to: group.fq_name, uuid: group.uuid }] : []
}

export function groupsOnCreate(
  session: Session,
  wish: Resource,
  project: StoredObject,
  secured: boolean,
  portId: string,
): Body[] {
  const wanted = wish.security_groups as unknown[] | undefined
  if (wanted === undefined) return secured ? [{ to: [...project.fq_name, 'default'] }] : []
  if (!secured && wanted.length > 0) throw new NeutronFailure('PortSecurityPortHasSecurityGroup', { port_id: portId })
  return secured && wanted.length === 0 ? noRuleReference(session) : groupReferences(session, wanted)
}

export function groupsOnUpdate(session: Session, port: StoredObject, wish: Resource): Body {
  const secured = (wish.port_security_enabled ?? port.properties.port_security_enabled ?? true) as boolean
  const wanted = wish.security_groups as unknown[] | undefined
  if (secured) {
    if (wanted === undefined) return {}
    return { security_group_refs: wanted.length === 0 ? noRuleReference(session) : groupReferences(session, wanted) }
  }
  if (wanted?.length) throw new NeutronFailure('PortSecurityAndIPRequiredForSecurityGroups', { port_id: port.uuid })
  const present = port.references.security_group_refs ?? []
  if (present.length === 0) return {}
  if (wanted || (present.length === 1 && isNoRule(session.world.store.get(present[0]?.uuid ?? ''))))
    return { security_group_refs: [] }
  throw new NeutronFailure('PortSecurityPortHasSecurityGroup', { port_id: port.uuid })
}
