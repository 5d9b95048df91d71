import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'

/** What was asked of a server, kept also after its deletion. */
export interface InstanceAction {
  /** `create`, `stop`, `resize`, `attach_volume`, … */
  action: string
  requestId: string
  startedAt: Date
  updatedAt: Date | undefined
  userId: string | undefined
  projectId: string | undefined
  /** `Error` when it failed in the API already. */
  message: string | undefined
  /** Only from `get`: its parts, newest first. */
  events: InstanceActionEvent[]
}

export interface InstanceActionEvent {
  event: string
  startedAt: Date
  finishedAt: Date | undefined
  /** `Success` or `Error`; nothing while it runs. */
  result: string | undefined
  /** Since 2.84: why it failed, in words that are fit for the owner. */
  details: string | undefined
}

export function fromNova(raw: unknown): InstanceAction {
  const action = fields('nova', 'instance action', raw)
  return {
    action: action.text('action'),
    requestId: action.text('request_id'),
    startedAt: action.date('start_time'),
    updatedAt: action.maybeDate('updated_at'),
    userId: action.maybeText('user_id'),
    projectId: action.maybeText('project_id'),
    message: action.maybeText('message'),
    events: action.maybeList('events', (item) => {
      const event = fields('nova', 'instance action event', item)
      return {
        event: event.text('event'),
        startedAt: event.date('start_time'),
        finishedAt: event.maybeDate('finish_time'),
        result: event.maybeText('result'),
        details: event.maybeText('details'),
      }
    }),
  }
}

export class InstanceActions {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  /** Newest first. */
  list(serverId: string, filter: { changesSince?: Date; pageSize?: number } = {}): Listing<InstanceAction> {
    return this.#nova.list(path`/servers/${serverId}/os-instance-actions`, 'instanceActions', fromNova, {
      query: { 'changes-since': filter.changesSince, limit: filter.pageSize },
    })
  }

  /** With its events. */
  async get(serverId: string, requestId: string): Promise<InstanceAction> {
    const answer = await this.#nova.get(path`/servers/${serverId}/os-instance-actions/${requestId}`)
    return this.#nova.read(answer, 'instanceAction', fromNova)
  }
}
