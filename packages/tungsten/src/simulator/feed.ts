import type { ServerResponse } from 'node:http'
import type { Clock } from '@straylight/kit'
import { Refused } from './refusal.ts'
import { resourceTypeOf, underscored } from './schema.ts'
import type { StoredObject, StoreEvent } from './store.ts'
import { keepAliveMs } from './timing.ts'
import { fieldsOf, viewOf } from './views.ts'
import type { Context, World } from './world.ts'

interface Watcher {
  types: Map<string, string[] | undefined>
  context: Context
  response: ServerResponse
  end: AbortController
}

/**
 * The change feed: server-sent events, first everything of each type, then each change as it happens, and a comment as a sign of life.
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/event_dispatcher.py
 */
export class Feed {
  readonly #watchers = new Set<Watcher>()
  readonly #world: World
  readonly #clock: Clock

  constructor(world: World) {
    this.#world = world
    this.#clock = world.clock
    world.store.onChange((event) => this.#tell(event))
  }

  get watching(): number {
    return this.#watchers.size
  }

  /** Takes over the response until the client goes away. */
  open(context: Context, query: URLSearchParams, response: ServerResponse): void {
    const names = query.get('resource_type')?.split(',')
    if (!names) throw new Refused(400, 'resource_type required in request')
    for (const name of names) if (!resourceTypeOf(name)) throw new Refused(404, `Invalid Contrail resource type:'${name}'`)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    const watcher: Watcher = { types: new Map(), context, response, end: new AbortController() }
    for (const name of names) {
      const fields = query.get(`${name}_fields`)?.split(',')
      const type = resourceTypeOf(name) as string
      // Events are kept under the name with underscores; a name with hyphens is accepted and hears nothing.
      const heard = name === underscored(type)
      if (heard) watcher.types.set(type, fields)
      const objects = heard ? this.#world.store.ofType(type) : []
      write(response, 'init', { [`${type}s`]: objects.map((object) => ({ [type]: this.#view(context, object, fields, false) })) })
    }
    this.#watchers.add(watcher)
    response.on('close', () => this.#close(watcher))
    void this.#keepAlive(watcher)
  }

  /** Tells all watchers that it stops, and lets them go. */
  stop(reason: string): void {
    for (const watcher of [...this.#watchers]) {
      write(watcher.response, 'stop', { error: reason })
      watcher.response.end()
      this.#close(watcher)
    }
  }

  async #keepAlive(watcher: Watcher): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(keepAliveMs, watcher.end.signal)
        watcher.response.write(':\n\n')
      }
    } catch {
      // The watcher went away.
    }
  }

  #close(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    watcher.end.abort()
  }

  #tell({ operation, object }: StoreEvent): void {
    for (const { types, context, response } of this.#watchers) {
      if (!types.has(object.type)) continue
      const data = operation === 'delete' ? { uuid: object.uuid } : this.#view(context, object, types.get(object.type), true)
      write(response, operation, { [object.type]: data })
    }
  }

  #view(context: Context, object: StoredObject, fields: string[] | undefined, links: boolean): Record<string, unknown> {
    const { own, links: linked } = fieldsOf(object.type)
    return viewOf(this.#world, context, object, fields ?? (links ? [...own, ...linked] : own), false)
  }
}

function write(response: ServerResponse, event: string, data: unknown): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data).replace(/"\\u0000u64:(\d+)"/g, '$1')}\n\n`)
}
