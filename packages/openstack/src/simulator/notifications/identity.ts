import type { Call } from '../call.ts'
import { uuid } from '../ids.ts'

const publisher = 'identity.vm'

/** A plain notification: `identity.project.created` and its like say no more than the id. */
export function identityEvent(call: Call, event: `${string}.${string}`, resourceId: string): void {
  call.world.notify('keystone', `identity.${event}`, publisher, () => ({ resource_info: resourceId, request_id: call.requestId }))
}

/** A role given or taken, or a failed sign-in: told in the form of an audit (CADF). */
export function auditEvent(
  call: Call,
  event: string,
  action: string,
  outcome: 'success' | 'failure',
  initiator: { userId: string; userName: string; projectId?: string },
  facts: Record<string, unknown> = {},
): void {
  const { world } = call
  world.notify(
    'keystone',
    `identity.${event}`,
    publisher,
    () => ({
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      eventType: 'activity',
      id: uuid(),
      eventTime: `${new Date(world.nowMs).toISOString().slice(0, 23)}000+0000`,
      action,
      outcome,
      observer: { id: 'keystone', typeURI: 'service/security' },
      initiator: {
        id: initiator.userId,
        typeURI: 'service/security/account/user',
        host: { address: '127.0.0.1', agent: call.headers['user-agent'] ?? '' },
        user_id: initiator.userId,
        ...(initiator.projectId ? { project_id: initiator.projectId } : {}),
        request_id: call.requestId,
        username: initiator.userName,
      },
      target: { id: uuid(), typeURI: 'service/security/account/user' },
      ...facts,
    }),
    { always: outcome === 'failure' },
  )
}
