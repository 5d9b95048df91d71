import { type Clock, seededRandom } from '@straylight/kit'
import type { EntityLog } from '@straylight/kit/simulator'
import type { ObjectStore, StoredObject } from './store.ts'
import { reportEveryMs } from './timing.ts'

/** Cumulative counters as the agent reports them: `in` comes from the guest. */
export interface Counts {
  in_bytes: number
  in_pkts: number
  out_bytes: number
  out_pkts: number
}

/** An interface plugged into a vRouter, and what it has carried since. */
export interface Plug {
  interfaceId: string
  host: string
  sinceMs: number
  /** Traffic that was ordered, on top of what flows by itself. */
  added: { atMs: number; counts: Counts; floating?: string }[]
}

const noCounts: Counts = { in_bytes: 0, in_pkts: 0, out_bytes: 0, out_pkts: 0 }
export const plus = (a: Counts, b: Counts): Counts => ({
  in_bytes: a.in_bytes + b.in_bytes,
  in_pkts: a.in_pkts + b.in_pkts,
  out_bytes: a.out_bytes + b.out_bytes,
  out_pkts: a.out_pkts + b.out_pkts,
})

/**
 * The counters of all plugged interfaces. With `moving` each carries its own seeded stream, slowly rising and falling; with `still` only what a test orders.
 * Agents report every 30 s, so a reading is as old as the last report.
 */
export class Traffic {
  readonly #clock: Clock
  readonly #log: EntityLog
  readonly #store: ObjectStore
  readonly #seed: number
  readonly flow: 'moving' | 'still'
  readonly #plugs = new Map<string, Plug>()

  constructor(options: { clock: Clock; log: EntityLog; store: ObjectStore; seed: number; flow: 'moving' | 'still' }) {
    this.#clock = options.clock
    this.#log = options.log
    this.#store = options.store
    this.#seed = options.seed
    this.flow = options.flow
    options.store.onChange(({ operation, object }) => {
      if (object.type === 'virtual-machine-interface') this.#follow(object, operation === 'delete')
    })
  }

  restore(plug: Plug): void {
    this.#plugs.set(plug.interfaceId, plug)
  }

  clear(): void {
    for (const id of this.#plugs.keys()) this.#log.remove('plug', id)
    this.#plugs.clear()
  }

  plugs(): Plug[] {
    return [...this.#plugs.values()]
  }

  plug(interfaceId: string): Plug | undefined {
    return this.#plugs.get(interfaceId)
  }

  /** Lets an interface carry something now; through a floating IP when one is named. */
  carry(interfaceId: string, counts: Partial<Counts>, floating?: string): void {
    const plug = this.#orFail(interfaceId)
    plug.added.push({ atMs: this.#nowMs(), counts: { ...noCounts, ...counts }, ...(floating === undefined ? {} : { floating }) })
    this.#keep(plug)
  }

  /** The counters begin again at 0: the interface was plugged again, or its host restarted. With `host`, it moved there. */
  restart(interfaceId: string, host?: string): void {
    const plug = this.#orFail(interfaceId)
    this.#keep({ interfaceId, host: host ?? plug.host, sinceMs: this.#nowMs(), added: [] })
  }

  /** What the agent last reported for the whole interface, or for one floating IP of it. */
  counts(plug: Plug, atMs = this.#nowMs(), floating?: string): Counts {
    const reportedMs =
      this.flow === 'still' ? atMs : plug.sinceMs + Math.floor((atMs - plug.sinceMs) / reportEveryMs) * reportEveryMs
    const ordered = plug.added.filter((one) => one.atMs <= atMs && (floating === undefined || one.floating === floating))
    const flowing = this.flow === 'still' ? noCounts : this.#flowed(plug, Math.max(0, reportedMs - plug.sinceMs) / 1000, floating)
    return ordered.reduce((total, one) => plus(total, one.counts), flowing)
  }

  #flowed(plug: Plug, seconds: number, floating: string | undefined): Counts {
    const random = seededRandom(this.#seed ^ hash(plug.interfaceId + (floating ?? '')))
    const share = floating === undefined ? 1 : 0.3
    const [inRate, outRate] = [20_000 + random() * 400_000, 50_000 + random() * 2_000_000]
    const period = 300 + random() * 3300
    // The integral of 1 + 0.5·cos(t/period), so that it always grows.
    const carried = seconds + 0.5 * period * Math.sin(seconds / period)
    const in_bytes = Math.floor(inRate * carried * share)
    const out_bytes = Math.floor(outRate * carried * share)
    return { in_bytes, in_pkts: Math.floor(in_bytes / 700), out_bytes, out_pkts: Math.floor(out_bytes / 1100) }
  }

  #follow(port: StoredObject, gone: boolean): void {
    const isPlugged = !gone && (port.references.virtual_machine_refs ?? []).length > 0
    const plug = this.#plugs.get(port.uuid)
    if (isPlugged && !plug) this.#keep({ interfaceId: port.uuid, host: this.#hostOf(port), sinceMs: this.#nowMs(), added: [] })
    if (isPlugged && plug) {
      const host = bindingOf(port, 'host_id')
      if (host && host !== plug.host) this.restart(port.uuid, host)
    }
    if (!isPlugged && plug) {
      this.#plugs.delete(port.uuid)
      this.#log.remove('plug', port.uuid)
    }
  }

  #hostOf(port: StoredObject): string {
    const bound = bindingOf(port, 'host_id')
    if (bound) return bound
    const hosts = this.#store.ofType('virtual-router').map((router) => router.fq_name.at(-1) as string)
    return hosts[hash(port.uuid) % hosts.length] ?? 'compute-1'
  }

  #keep(plug: Plug): void {
    this.#plugs.set(plug.interfaceId, plug)
    this.#log.put('plug', plug.interfaceId, plug)
  }

  #orFail(interfaceId: string): Plug {
    const plug = this.#plugs.get(interfaceId)
    if (!plug) throw new Error(`no interface ${interfaceId} is plugged into a vRouter`)
    return plug
  }

  #nowMs(): number {
    return this.#clock.now().getTime()
  }
}

export const bindingOf = (port: StoredObject, key: string): string | undefined =>
  (
    port.properties.virtual_machine_interface_bindings as { key_value_pair?: { key: string; value: string }[] } | undefined
  )?.key_value_pair?.find((pair) => pair.key === key)?.value

function hash(text: string): number {
  let value = 2_166_136_261
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 16_777_619) >>> 0
  return value
}
