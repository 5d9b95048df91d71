import type { SubjectKind } from './notification.ts'

/** First words of an event type, longest first, and whose they are. */
const kinds: [words: string, kind: SubjectKind][] = [
  ['compute.instance', 'server'],
  ['compute.metrics', 'service'],
  ['scheduler', 'server'],
  ['instance', 'server'],
  ['flavor', 'flavor'],
  ['keypair', 'keypair'],
  ['server_group', 'server_group'],
  ['servergroup', 'server_group'],
  ['service', 'service'],
  ['volume_type', 'volume_type'],
  ['volume', 'volume'],
  ['snapshot', 'snapshot'],
  ['backup', 'backup'],
  ['transfer', 'transfer'],
  ['image', 'image'],
  ['network', 'network'],
  ['subnet', 'subnet'],
  ['router', 'router'],
  ['port', 'port'],
  ['floatingip', 'floating_ip'],
  ['security_group_rule', 'security_group_rule'],
  ['security_group', 'security_group'],
  ['octavia.loadbalancer', 'load_balancer'],
  ['identity.project', 'project'],
  ['identity.user', 'user'],
  ['identity.role_assignment', 'role_assignment'],
  ['identity.domain', 'domain'],
  ['identity', 'user'],
]

/**
 * What the services call an action, where we call it otherwise. Nova sends each event in two forms that differ in words:
 * https://docs.openstack.org/nova/latest/reference/notifications.html
 */
const actions: Record<string, string> = {
  'server.power_off': 'stop',
  'server.power_on': 'start',
  'server.resize.prep': 'resize_prepare',
  'server.resize_prep': 'resize_prepare',
  'server.finish_resize': 'resize_finish',
  'server.resize.confirm': 'resize_confirm',
  'server.resize.revert': 'resize_revert',
  'server.rebuild.scheduled': 'rebuild_schedule',
  'server.rebuild_scheduled': 'rebuild_schedule',
  'server.select_destinations': 'schedule',
  'volume.resize': 'extend',
  'keypair.import': 'create',
  'project.created': 'create',
  'project.updated': 'update',
  'project.deleted': 'delete',
  'project.disabled': 'disable',
  'user.created': 'create',
  'user.updated': 'update',
  'user.deleted': 'delete',
  'user.disabled': 'disable',
  'domain.created': 'create',
  'domain.updated': 'update',
  'domain.deleted': 'delete',
  'role_assignment.created': 'create',
  'role_assignment.deleted': 'delete',
}

const phases: Record<string, 'started' | 'finished' | 'failed'> = { start: 'started', end: 'finished', error: 'failed' }

/** `compute.instance.power_off.end` → a server, `stop`, finished. What is not known keeps the service's own words under kind `other`. */
export function readEventType(eventType: string): {
  kind: SubjectKind
  action: string
  phase: 'started' | 'finished' | 'failed'
} {
  const end = eventType.lastIndexOf('.')
  const last = eventType.slice(end + 1)
  const phase = Object.hasOwn(phases, last) ? phases[last] : undefined
  const stem = phase === undefined ? eventType : eventType.slice(0, Math.max(0, end))
  const known = kinds.find(([first]) => stem === first || stem.startsWith(`${first}.`))
  if (!known) return { kind: 'other', action: stem.replace(/\./g, '_'), phase: phase ?? 'finished' }
  const [first, kind] = known
  const rest = stem.slice(first.length + 1)
  const named = `${kind}.${rest}`
  return {
    kind,
    action: Object.hasOwn(actions, named) ? (actions[named] as string) : rest.replace(/\./g, '_'),
    phase: phase ?? 'finished',
  }
}
