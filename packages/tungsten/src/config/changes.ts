import { type Clock, UpstreamError } from '@straylight/kit'
import { asObject, list, parseJson, text } from '../decode.ts'
import { classify } from '../errors.ts'
import type { ConfigApi } from './api.ts'
import { queryString } from './list.ts'
import { collectionOf, decodeResource, type Resource, type ResourceType, underscored } from './resources/index.ts'
import { EventStreamReader, type ServerSentEvent } from './server-sent-events.ts'

/**
 * What the change feed tells. `everything` comes first, once per type, with all objects that there are; a feed that is opened again tells it again.
 * After that an object comes with all its fields, or with those that were asked for.
 */
export type Change<T extends ResourceType> =
  | { [K in T]: { kind: 'everything'; type: K; objects: Resource<K>[] } }[T]
  | { [K in T]: { kind: 'created' | 'updated'; type: K; object: Resource<K> } }[T]
  | { [K in T]: { kind: 'deleted'; type: K; uuid: string } }[T]

export interface FeedOptions<T extends ResourceType> {
  types: readonly T[]
  /** Only these fields of a type; without them all. */
  fields?: { [K in T]?: readonly (keyof Resource<K> & string)[] }
  signal?: AbortSignal
  /** The server sends a sign of life every minute; after this many milliseconds without one the feed counts as lost. Default 150 000. */
  silenceMs?: number
  clock: Clock
}

/**
 * Follows changes of some types as they happen, over one connection (`GET /watch`), until `signal` is aborted.
 * Names of types go with underscores here: with hyphens the server sends an empty beginning and then nothing.
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/event_dispatcher.py
 *
 * @throws UpstreamError when the feed cannot be opened, breaks, falls silent or is stopped by the server; open it again after a pause
 */
export async function* changes<T extends ResourceType>(config: ConfigApi, options: FeedOptions<T>): AsyncGenerator<Change<T>> {
  const { types, clock, silenceMs = 150_000, signal } = options
  const parameters: Record<string, string> = { resource_type: types.map(underscored).join(',') }
  for (const type of types) {
    const fields = options.fields?.[type]
    if (fields) parameters[`${underscored(type)}_fields`] = fields.join(',')
  }
  const ending = new AbortController()
  const stop = () => ending.abort()
  signal?.addEventListener('abort', stop)
  try {
    if (signal?.aborted) return
    const body = await open(config, `/watch${queryString(parameters)}`, ending.signal)
    const reader = body.getReader()
    const events = new EventStreamReader()
    for (;;) {
      const chunk = await within(silenceMs, clock, reader.read())
      if (chunk.done) throw lost('the server ended the change feed')
      for (const event of events.push(chunk.value)) {
        const change = changeOf(types, event)
        if (change) yield change
      }
    }
  } catch (error) {
    if (signal?.aborted) return
    throw error instanceof UpstreamError ? error : lost(`the change feed broke: ${(error as Error).message}`, error)
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

async function open(config: ConfigApi, path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const { connection } = config
  const headers = { ...(await connection.headers()), accept: 'text/event-stream' }
  // An endless answer does not fit a transport that returns whole bodies, hence `fetch`.
  const response = await fetch(`${connection.url}${path}`, { headers, signal })
  if (response.status === 200 && response.body) return response.body
  throw classify({ method: 'GET', path: '/watch', status: response.status, body: await response.text() })
}

/** Reads one event of the feed; nothing for events that are no news to us. */
export function changeOf<T extends ResourceType>(types: readonly T[], event: ServerSentEvent): Change<T> | undefined {
  const at = `change feed, event ${event.name}`
  const data = asObject(parseJson(event.data, at), at)
  if (event.name === 'stop') throw lost(`the server stopped the change feed: ${event.data.slice(0, 300)}`)
  for (const type of types) {
    if (event.name === 'init') {
      const rows = data[collectionOf(type)]
      if (rows === undefined) continue
      const objects = list((row, where) => decodeResource(type, asObject(row, where)[type], where))(rows, at)
      return { kind: 'everything', type, objects } as Change<T>
    }
    const object = data[type]
    if (object === undefined) continue
    if (event.name === 'delete')
      return { kind: 'deleted', type, uuid: text(asObject(object, at).uuid, `${at}.uuid`) } as Change<T>
    if (event.name === 'create' || event.name === 'update')
      return {
        kind: event.name === 'create' ? 'created' : 'updated',
        type,
        object: decodeResource(type, object, at),
      } as Change<T>
  }
  return undefined
}

async function within<R>(ms: number, clock: Clock, reading: Promise<R>): Promise<R> {
  const timer = new AbortController()
  const silence = clock.sleep(ms, timer.signal).then(
    () => {
      throw lost(`the change feed was silent for ${ms} ms`)
    },
    () => new Promise<never>(() => {}),
  )
  try {
    return await Promise.race([reading, silence])
  } finally {
    timer.abort()
  }
}

const lost = (message: string, cause?: unknown): UpstreamError =>
  new UpstreamError({
    service: 'tungsten',
    kind: 'unreachable',
    code: 'tungsten.feed_lost',
    message,
    retryable: true,
    effect: 'none',
    cause,
  })
