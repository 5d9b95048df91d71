import { Fields, garbled } from '../decode.ts'
import type { ServiceName } from '../errors.ts'
import { parseUtc } from '../times.ts'
import type { Notification, Subject, SubjectKind } from './notification.ts'
import { readEventType } from './vocabulary.ts'

/** The AMQP exchanges of the services, and whose they are. Some clouds send everything to one called `openstack`: then the kind tells. */
const exchanges: Record<string, ServiceName> = {
  nova: 'nova',
  cinder: 'cinder',
  neutron: 'neutron',
  glance: 'glance',
  keystone: 'keystone',
  octavia: 'octavia',
}

const servicesOfKinds: Partial<Record<SubjectKind, ServiceName>> = {
  volume: 'cinder',
  snapshot: 'cinder',
  backup: 'cinder',
  transfer: 'cinder',
  volume_type: 'cinder',
  image: 'glance',
  network: 'neutron',
  subnet: 'neutron',
  router: 'neutron',
  port: 'neutron',
  floating_ip: 'neutron',
  security_group: 'neutron',
  security_group_rule: 'neutron',
  load_balancer: 'octavia',
  project: 'keystone',
  user: 'keystone',
  role_assignment: 'keystone',
  domain: 'keystone',
}

/**
 * Reads one AMQP message: the oslo.messaging 2.0 envelope `{"oslo.version": "2.0", "oslo.message": "<JSON text>"}`, or the bare message that
 * was sent before there were envelopes. One message about several things made at once (Neutron's bulk calls) gives one notification for each.
 * Whatever cannot be read is an `UpstreamError` of kind `garbled`.
 */
export function decodeNotification(body: Buffer | string | object, exchange?: string): Notification[] {
  const envelope = new Fields(
    'notifications',
    'envelope',
    typeof body === 'object' && !Buffer.isBuffer(body) ? body : parse(String(body)),
  )
  const message = envelope.has('oslo.message')
    ? new Fields('notifications', 'message', parse(envelope.text('oslo.message')))
    : envelope
  const eventType = message.text('event_type')
  const { kind, action, phase } = readEventType(eventType)
  const payload = payloadOf(message)
  const service = (exchange === undefined ? undefined : exchanges[exchange]) ?? servicesOfKinds[kind] ?? 'nova'
  const isError = message.maybeText('priority')?.toUpperCase() === 'ERROR' || payload.raw.outcome === 'failure'
  const common = {
    messageId: message.text('message_id'),
    service,
    phase: isError ? ('failed' as const) : phase,
    at: sentAt(message),
    requestId: idIn(message.raw, '_context_request_id') ?? idIn(payload.raw, 'request_id'),
    eventType,
    fault: isError || phase === 'failed' ? faultOf(payload) : undefined,
  }
  return subjectsOf(kind, payload).map((about) => ({
    ...common,
    type: `${about.subject.kind}.${action}`,
    ...about,
    projectId:
      about.projectId ?? (service === 'neutron' || service === 'keystone' ? undefined : idIn(message.raw, '_context_project_id')),
  }))
}

type About = Pick<Notification, 'subject' | 'related' | 'projectId' | 'name' | 'state' | 'metadata'>

/** Nova's versioned payloads wrap each object: `{"nova_object.name", "nova_object.data": {…}}`. */
function payloadOf(message: Fields): Fields {
  const payload = message.child('payload')
  return payload.has('nova_object.data') ? payload.child('nova_object.data') : payload
}

function subjectsOf(kind: SubjectKind, payload: Fields): About[] {
  switch (kind) {
    case 'server':
      return [aboutServer(payload)]
    case 'volume':
      return [aboutCinders(kind, payload, 'volume_id')]
    case 'snapshot':
      return [{ ...aboutCinders(kind, payload, 'snapshot_id'), related: known([['volume', idIn(payload.raw, 'volume_id')]]) }]
    case 'backup':
      return [{ ...aboutCinders(kind, payload, 'backup_id'), related: known([['volume', idIn(payload.raw, 'volume_id')]]) }]
    case 'transfer':
      return [{ ...aboutCinders(kind, payload, 'transfer_id'), related: known([['volume', idIn(payload.raw, 'volume_id')]]) }]
    case 'volume_type':
      return [about(kind, objectIn(payload.raw, 'volume_types') ?? payload.raw)]
    case 'image':
      return [{ ...about(kind, payload.raw), projectId: idIn(payload.raw, 'owner') ?? idIn(payload.raw, 'owner_id') }]
    case 'network':
    case 'subnet':
    case 'router':
    case 'port':
    case 'floating_ip':
    case 'security_group':
    case 'security_group_rule':
      return aboutNeutrons(kind, payload.raw)
    case 'keypair':
      return [{ ...about(kind, payload.raw), subject: { kind, id: idIn(payload.raw, 'key_name') ?? idIn(payload.raw, 'name') } }]
    case 'flavor':
      return [{ ...about(kind, payload.raw), subject: { kind, id: idIn(payload.raw, 'flavorid') } }]
    case 'project':
    case 'domain':
    case 'user':
    case 'role_assignment':
      return [aboutKeystones(kind, payload.raw)]
    case 'server_group':
    case 'load_balancer':
    case 'service':
      return [about(kind, payload.raw)]
    case 'other':
      return [aboutException(payload)]
  }
}

function about(kind: SubjectKind, raw: Record<string, unknown>): About {
  const status = idIn(raw, 'status')
  return {
    subject: { kind, id: idIn(raw, 'id') ?? idIn(raw, 'uuid') ?? idIn(raw, 'loadbalancer_id') },
    related: [],
    projectId: idIn(raw, 'project_id') ?? idIn(raw, 'tenant_id'),
    name: idIn(raw, 'display_name') ?? idIn(raw, 'name') ?? idIn(raw, 'key_name'),
    state: status === undefined ? {} : { status },
    metadata: pairsIn(raw.metadata),
  }
}

function aboutServer(payload: Fields): About {
  const { raw } = payload
  const spec = objectIn(objectIn(raw, 'request_spec') ?? {}, 'instance_properties')
  const vmState = idIn(raw, 'state')
  const taskState = idIn(raw, 'new_task_state') ?? idIn(raw, 'task_state') ?? idIn(raw, 'state_description')
  return {
    ...about('server', raw),
    subject: {
      kind: 'server',
      id: idIn(raw, 'instance_id') ?? idIn(raw, 'uuid') ?? idIn(raw, 'instance_uuid') ?? idIn(spec ?? {}, 'uuid'),
    },
    related: known([
      ['volume', idIn(raw, 'volume_id')],
      ['port', idIn(raw, 'port_id')],
    ]),
    projectId: idIn(raw, 'tenant_id') ?? idIn(raw, 'project_id') ?? idIn(spec ?? {}, 'project_id'),
    state: { ...(vmState === undefined ? {} : { vmState }), ...(taskState === undefined ? {} : { taskState }) },
  }
}

function aboutCinders(kind: SubjectKind, payload: Fields, idName: string): About {
  const attached = payload.raw.volume_attachment
  const servers = Array.isArray(attached)
    ? attached.map((one) => ['server', idIn(asObject(one), 'instance_uuid')] as [SubjectKind, string | undefined])
    : []
  return {
    ...about(kind, payload.raw),
    subject: { kind, id: idIn(payload.raw, idName) ?? idIn(payload.raw, 'id') },
    related: known(servers),
  }
}

const neutronNames: Partial<Record<SubjectKind, string>> = { floating_ip: 'floatingip' }

/** `{"port": {…}}`; before it is made without id; `{"port_id": …}` before it goes; `{"ports": [{…}]}` for several at once. */
function aboutNeutrons(kind: SubjectKind, raw: Record<string, unknown>): About[] {
  const name = neutronNames[kind] ?? kind
  const several = raw[`${name}s`]
  if (Array.isArray(several) && several.length > 0) return several.map((one) => aboutNeutron(kind, asObject(one), undefined))
  const object = objectIn(raw, name) ?? objectIn(raw, 'router_interface') ?? {}
  return [aboutNeutron(kind, object, idIn(raw, `${name}_id`) ?? idIn(raw, 'id'))]
}

function aboutNeutron(kind: SubjectKind, object: Record<string, unknown>, id: string | undefined): About {
  const owner = idIn(object, 'device_owner') ?? ''
  const device = owner.startsWith('compute:') ? 'server' : owner.startsWith('network:router') ? 'router' : undefined
  const base = about(kind, object)
  return {
    ...base,
    subject: { kind, id: id ?? base.subject.id },
    related: known([
      ...(device ? [[device, idIn(object, 'device_id')] as [SubjectKind, string | undefined]] : []),
      ['network', idIn(object, 'network_id') ?? idIn(object, 'floating_network_id')],
      ['subnet', idIn(object, 'subnet_id')],
      ['port', idIn(object, 'port_id')],
      ['router', idIn(object, 'router_id')],
      ['security_group', idIn(object, 'security_group_id')],
    ]),
  }
}

/** Either `{"resource_info": id}` or a CADF event with who (`initiator`) and, for grants, `project`, `user` and `role`. */
function aboutKeystones(kind: SubjectKind, raw: Record<string, unknown>): About {
  const isGrant = kind === 'role_assignment'
  const initiator = objectIn(raw, 'initiator') ?? {}
  return {
    ...about(kind, {}),
    subject: {
      kind,
      id: isGrant ? undefined : (idIn(raw, 'resource_info') ?? (kind === 'user' ? idIn(initiator, 'user_id') : undefined)),
    },
    related: isGrant
      ? known([
          ['project', idIn(raw, 'project')],
          ['domain', idIn(raw, 'domain')],
          ['user', idIn(raw, 'user')],
        ])
      : [],
    projectId: idIn(raw, 'project') ?? (kind === 'project' ? idIn(raw, 'resource_info') : undefined),
    name: kind === 'user' ? idIn(initiator, 'username') : undefined,
  }
}

/** Nova's errors are named after the function that failed; some say which server it was for. */
function aboutException(payload: Fields): About {
  const instance = objectIn(objectIn(payload.raw, 'args') ?? {}, 'instance')
  if (!instance) return about('other', {})
  const server = about('server', instance)
  return { ...server, subject: { kind: 'server', id: idIn(instance, 'uuid') } }
}

function faultOf(payload: Fields): string | undefined {
  const { raw } = payload
  const fault = objectIn(raw, 'fault')
  const inFault = fault && idIn(objectIn(fault, 'nova_object.data') ?? {}, 'exception_message')
  return (
    inFault ??
    idIn(raw, 'exception_message') ??
    idIn(raw, 'exception') ??
    idIn(raw, 'message') ??
    idIn(raw, 'reason') ??
    idIn(raw, 'outcome')
  )?.slice(0, 500)
}

function sentAt(message: Fields): Date {
  const at = parseUtc(message.text('timestamp'))
  if (!at) throw garbled('notifications', 'message.timestamp is not a time')
  return at
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw garbled('notifications', 'it is not JSON')
  }
}

/** A string that says something; services send `""` and `null` for what they do not know. */
const idIn = (raw: Record<string, unknown>, name: string): string | undefined => {
  const value = raw[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

const objectIn = (raw: Record<string, unknown>, name: string): Record<string, unknown> | undefined => {
  const value = raw[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
}

const known = (pairs: [SubjectKind, string | undefined][]): Subject[] =>
  pairs.flatMap(([kind, id]) => (id === undefined ? [] : [{ kind, id }]))

/** Nova sends an object, Cinder a list of `{key, value}` or of objects with one member. */
function pairsIn(raw: unknown): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const one of Array.isArray(raw) ? raw : [raw]) {
    const object = asObject(one)
    const { key, value } = object
    if (Array.isArray(raw) && typeof key === 'string' && typeof value === 'string') pairs[key] = value
    else for (const [name, text] of Object.entries(object)) if (typeof text === 'string') pairs[name] = text
  }
  return pairs
}
