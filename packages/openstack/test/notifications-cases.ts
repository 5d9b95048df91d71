/** A message that no recording has, and what it tells: members of each notification, or that it cannot be read. */
export interface NotificationCase {
  says: string
  body: Buffer | string | object
  exchange?: string
  told: object[] | 'garbled'
}

const project = 'ffcb2af00c6a4e6f90be1d6a3f6c384c'
const message = (event_type: string, payload: unknown, changes: object = {}): object => ({
  message_id: 'm',
  event_type,
  timestamp: '2026-11-22 05:49:10.694533',
  payload,
  ...changes,
})
const versioned = (data: object): object => ({ 'nova_object.name': 'InstanceActionPayload', 'nova_object.data': data })

export const notificationCases: NotificationCase[] = [
  // how it comes
  {
    says: 'an envelope, as bytes',
    body: Buffer.from(JSON.stringify({ 'oslo.message': JSON.stringify(message('port.create.end', { port: { id: 'a' } })) })),
    exchange: 'neutron',
    told: [{ messageId: 'm', at: new Date('2026-11-22T05:49:10.694Z'), subject: { kind: 'port', id: 'a' }, service: 'neutron' }],
  },
  {
    says: 'the bare message of old times',
    body: JSON.stringify(message('port.create.end', { port: { id: 'a' } })),
    told: [{ subject: { kind: 'port', id: 'a' }, service: 'neutron' }],
  },
  {
    says: 'an exchange for everything: the kind tells whose it is',
    body: message('volume.create.end', { volume_id: 'v' }),
    exchange: 'openstack',
    told: [{ service: 'cinder', subject: { kind: 'volume', id: 'v' } }],
  },
  {
    says: 'what no other service has is of Nova',
    body: message('telescope.turn.start', {}),
    exchange: 'openstack',
    told: [
      {
        service: 'nova',
        type: 'other.telescope_turn',
        phase: 'started',
        subject: { kind: 'other', id: undefined },
        eventType: 'telescope.turn.start',
      },
    ],
  },
  {
    says: 'names of objects in JavaScript mean nothing in a type',
    body: message('constructor', {}),
    exchange: 'nova',
    told: [{ type: 'other.constructor', phase: 'finished' }],
  },
  {
    says: 'names of objects in JavaScript mean nothing in an action',
    body: message('compute.instance.toString', {}),
    exchange: 'nova',
    told: [{ type: 'server.toString', subject: { kind: 'server', id: undefined } }],
  },
  { says: 'nothing', body: '', told: 'garbled' },
  { says: 'no JSON', body: 'hello', told: 'garbled' },
  { says: 'a list', body: '[]', told: 'garbled' },
  { says: 'an envelope of no message', body: { 'oslo.version': '2.0', 'oslo.message': 1 }, told: 'garbled' },
  { says: 'an envelope of no JSON', body: { 'oslo.version': '2.0', 'oslo.message': '{' }, told: 'garbled' },
  { says: 'no event', body: { message_id: 'm', timestamp: '2026-11-22 05:49:10', payload: {} }, told: 'garbled' },
  { says: 'no payload', body: { message_id: 'm', event_type: 'x', timestamp: '2026-11-22 05:49:10' }, told: 'garbled' },
  { says: 'no time', body: { message_id: 'm', event_type: 'x', timestamp: 'soon', payload: {} }, told: 'garbled' },

  // Nova
  {
    says: 'a failed build of the new form',
    body: message(
      'instance.create.error',
      versioned({ uuid: 's', fault: { 'nova_object.data': { exception_message: 'No valid host was found.' } } }),
      { priority: 'ERROR' },
    ),
    exchange: 'nova',
    told: [{ type: 'server.create', phase: 'failed', fault: 'No valid host was found.', subject: { kind: 'server', id: 's' } }],
  },
  {
    says: 'a fault without words of its own, and the words beside it',
    body: message('instance.create.error', { instance_uuid: 's', fault: {}, reason: 'out of luck' }),
    exchange: 'nova',
    told: [{ phase: 'failed', fault: 'out of luck', subject: { kind: 'server', id: 's' } }],
  },
  {
    says: 'a failure that says nothing more',
    body: message('compute.instance.create.error', { instance_id: 's' }),
    exchange: 'nova',
    told: [{ phase: 'failed', fault: undefined }],
  },
  {
    says: 'a server that is only planned, without its project',
    body: message('scheduler.select_destinations.end', { request_spec: { instance_properties: { uuid: 's' } } }),
    exchange: 'nova',
    told: [{ type: 'server.schedule', subject: { kind: 'server', id: 's' }, projectId: undefined, state: {} }],
  },
  {
    says: 'a server without a project belongs to the project of the call',
    body: message('instance.pause.end', versioned({ uuid: 's', state: 'paused' }), { _context_project_id: project }),
    exchange: 'nova',
    told: [{ projectId: project, state: { vmState: 'paused' } }],
  },
  {
    says: 'an exception of no server',
    body: message('terminate_instance', { exception: 'it broke', args: {} }, { priority: 'ERROR' }),
    exchange: 'nova',
    told: [{ phase: 'failed', subject: { kind: 'other', id: undefined }, fault: 'it broke' }],
  },
  {
    says: 'a key by its name in the new form',
    body: message('keypair.delete.end', versioned({ name: 'laptop' })),
    exchange: 'nova',
    told: [{ type: 'keypair.delete', subject: { kind: 'keypair', id: 'laptop' } }],
  },
  {
    says: 'a server group',
    body: message('servergroup.create', { uuid: 'g', name: 'apart' }),
    exchange: 'nova',
    told: [{ type: 'server_group.create', subject: { kind: 'server_group', id: 'g' }, name: 'apart' }],
  },

  // Cinder
  {
    says: 'metadata as a list of pairs, of objects, and of what is neither',
    body: message('volume.create.end', {
      volume_id: 'v',
      metadata: [{ key: 'portal_id', value: 'mine' }, { plan: 'small' }, { count: 1 }, 'x', null],
    }),
    told: [{ metadata: { portal_id: 'mine', plan: 'small' } }],
  },
  {
    says: 'a volume by its plain id, attached to what is unknown',
    body: message('volume.usage', { id: 'v', volume_attachment: [{ instance_uuid: '' }, null] }),
    exchange: 'cinder',
    told: [{ subject: { kind: 'volume', id: 'v' }, related: [] }],
  },
  {
    says: 'a backup names its volume',
    body: message('backup.create.end', { backup_id: 'b', volume_id: 'v' }),
    exchange: 'cinder',
    told: [{ type: 'backup.create', subject: { kind: 'backup', id: 'b' }, related: [{ kind: 'volume', id: 'v' }] }],
  },
  {
    says: 'an offer names its volume',
    body: message('transfer.create.end', { transfer_id: 't', volume_id: 'v' }),
    exchange: 'cinder',
    told: [{ subject: { kind: 'transfer', id: 't' }, related: [{ kind: 'volume', id: 'v' }] }],
  },
  {
    says: 'a volume type without the object around it',
    body: message('volume_type.delete', { id: 'y', name: 'fast' }),
    exchange: 'cinder',
    told: [{ subject: { kind: 'volume_type', id: 'y' }, name: 'fast' }],
  },

  // Glance, Neutron, Keystone, Octavia
  {
    says: 'an image whose data went somewhere',
    body: message('image.send', { id: 'i', owner_id: project }),
    exchange: 'glance',
    told: [{ type: 'image.send', subject: { kind: 'image', id: 'i' }, projectId: project }],
  },
  {
    says: 'several things made by one call',
    body: message('port.create.end', { ports: [{ id: 'a', tenant_id: project }, { id: 'b', tenant_id: project }, null] }),
    exchange: 'neutron',
    told: [
      { subject: { kind: 'port', id: 'a' }, projectId: project },
      { subject: { kind: 'port', id: 'b' }, projectId: project },
      { subject: { kind: 'port', id: undefined } },
    ],
  },
  {
    says: 'a list of none, and the object beside it',
    body: message('port.create.end', { ports: [], port: { id: 'a', device_owner: 'network:router_interface', device_id: 'r' } }),
    exchange: 'neutron',
    told: [{ subject: { kind: 'port', id: 'a' }, related: [{ kind: 'router', id: 'r' }] }],
  },
  {
    says: 'a project of which nothing is said',
    body: message('identity.project.updated', {}),
    exchange: 'keystone',
    told: [{ type: 'project.update', subject: { kind: 'project', id: undefined }, projectId: undefined }],
  },
  {
    says: 'a domain',
    body: message('identity.domain.updated', { resource_info: 'd' }),
    exchange: 'keystone',
    told: [{ type: 'domain.update', subject: { kind: 'domain', id: 'd' }, projectId: undefined }],
  },
  {
    says: 'a role on a domain',
    body: message('identity.role_assignment.created', { domain: 'd', user: 'u', role: 'r' }),
    exchange: 'keystone',
    told: [
      {
        subject: { kind: 'role_assignment', id: undefined },
        related: [
          { kind: 'domain', id: 'd' },
          { kind: 'user', id: 'u' },
        ],
      },
    ],
  },
  {
    says: 'who signed in, when nobody says who',
    body: message('identity.authenticate', { outcome: 'success' }),
    exchange: 'keystone',
    told: [{ type: 'user.authenticate', phase: 'finished', subject: { kind: 'user', id: undefined }, name: undefined }],
  },
  {
    says: 'a load balancer',
    body: message('octavia.loadbalancer.create.end', { loadbalancer_id: 'l', project_id: project }),
    exchange: 'octavia',
    told: [{ type: 'load_balancer.create', service: 'octavia', subject: { kind: 'load_balancer', id: 'l' }, projectId: project }],
  },
]
