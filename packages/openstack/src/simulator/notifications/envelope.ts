import { randomUUID } from 'node:crypto'
import type { Who } from '../identity/tokens.ts'
import { spaced } from '../times.ts'

export type Exchange = 'nova' | 'cinder' | 'neutron' | 'glance' | 'keystone'

/** Something that a service tells the world, before it is put into an envelope. */
export interface Notice {
  exchange: Exchange
  eventType: string
  publisher: string
  priority: 'INFO' | 'ERROR' | 'WARN'
  /** Nova sends both kinds: the old ones and, under another routing key, versioned ones. */
  versioned: boolean
  payload: unknown
  /** In whose name: the `_context_` fields. */
  context?: NoticeContext
  /** Sent although the request was refused. */
  always?: boolean
}

export interface NoticeContext {
  userId: string
  userName: string
  projectId: string
  roles: string[]
  isAdmin: boolean
  requestId: string
}

export const contextOf = (who: Who, requestId: string): NoticeContext => ({
  userId: who.userId,
  userName: who.userName,
  projectId: who.projectId,
  roles: who.roles.map((role) => role.name),
  isAdmin: who.isAdmin,
  requestId,
})

export interface OsloMessage {
  message_id: string
  publisher_id: string
  event_type: string
  priority: string
  payload: unknown
  timestamp: string
  _unique_id: string
  [context: `_context_${string}`]: unknown
}

/** What goes to the broker: a topic exchange, a routing key, and a body whose message is JSON in a string. */
export interface Envelope {
  exchange: Exchange
  routingKey: string
  body: { 'oslo.version': '2.0'; 'oslo.message': string }
  /** `oslo.message`, parsed. */
  message: OsloMessage
}

export function envelope(notice: Notice, nowMs: number): Envelope {
  const message: OsloMessage = {
    message_id: randomUUID(),
    publisher_id: notice.publisher,
    event_type: notice.eventType,
    priority: notice.priority,
    payload: notice.payload,
    timestamp: spaced(nowMs),
    _unique_id: randomUUID().replaceAll('-', ''),
    ...(notice.context ? contextFields(notice.context, nowMs) : {}),
  }
  return {
    exchange: notice.exchange,
    routingKey: `${notice.versioned ? 'versioned_' : ''}notifications.${notice.priority.toLowerCase()}`,
    body: { 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) },
    message,
  }
}

function contextFields(context: NoticeContext, nowMs: number): Record<`_context_${string}`, unknown> {
  return {
    _context_user: context.userId,
    _context_user_id: context.userId,
    _context_user_name: context.userName,
    _context_project: context.projectId,
    _context_project_id: context.projectId,
    _context_tenant_id: context.projectId,
    _context_user_identity: `${context.userId} ${context.projectId} - - -`,
    _context_system_scope: null,
    _context_domain: null,
    _context_is_admin: context.isAdmin,
    _context_is_admin_project: true,
    _context_read_only: false,
    _context_show_deleted: false,
    _context_auth_token: null,
    _context_request_id: context.requestId,
    _context_global_request_id: null,
    _context_resource_uuid: null,
    _context_roles: context.roles,
    _context_timestamp: spaced(nowMs),
  }
}
