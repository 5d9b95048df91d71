import { seededRandom } from '../random.ts'
import { newId } from '../ids.ts'

/**
 * `status`, `wsrep` and `html` answer instead of the simulator; `delay` waits before it acts and `delay-after` before it answers;
 * `drop-before` and `drop-after` cut the connection before or after it acts; `silent-ok` lets it answer as if it had acted, without the effect;
 * `slow-body` sends the true answer a byte at a time. An endless answer is cut after its first piece, held back, slowed down, or opened and silent.
 */
export const faultEffects = [
  'status',
  'delay',
  'delay-after',
  'drop-before',
  'drop-after',
  'silent-ok',
  'wsrep',
  'html',
  'slow-body',
] as const
export type FaultEffect = (typeof faultEffects)[number]

export interface Fault {
  /** All that are given must match. `path` is a regular expression on the path without query. */
  match: { service?: string; method?: string; path?: string; func?: string }
  effect: FaultEffect
  status?: number
  body?: unknown
  delay_ms?: number
  /** How many requests it hits before it is used up; without it, all. */
  times?: number
  /** 0 to 1, drawn from `seed`. */
  probability?: number
  seed?: number
}

type Check = (value: unknown) => string | undefined
const anything: Check = () => undefined
const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty')
const number =
  (least: number, most: number, isWhole = true): Check =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most && (!isWhole || Number.isInteger(value))
      ? undefined
      : `a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`

const aDayMs = 86_400_000
const known: Record<keyof Fault, Check> = {
  match: anything,
  effect: anything,
  status: number(200, 599),
  body: anything,
  delay_ms: number(0, aDayMs, false),
  times: number(1, 1_000_000_000),
  probability: number(0, 1, false),
  seed: number(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
}
const knownOfMatch: Record<keyof Fault['match'], Check> = { service: text, method: text, path: text, func: text }

/** What is `undefined` counts as absent. */
function checkMembers(value: unknown, name: string, checks: Record<string, Check>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is an object`)
  for (const [member, given] of Object.entries(value)) {
    if (!Object.hasOwn(checks, member)) throw new Error(`${name} has ${Object.keys(checks).join(', ')}, and no ${member}`)
    const wanted = given === undefined ? undefined : checks[member]?.(given)
    if (wanted !== undefined) throw new Error(`${member} is ${wanted}`)
  }
}

interface ArmedFault extends Fault {
  id: string
  hits: number
}

export class Faults {
  #armed: (ArmedFault & { draw: () => number; pattern: RegExp | undefined })[] = []

  /** @throws Error when the fault is malformed, has a member that is not known or a figure out of its range; the message says how. */
  add(fault: Fault): string {
    checkMembers(fault, 'a fault', known)
    const { match = {}, effect } = fault
    if (!faultEffects.includes(effect)) throw new Error(`effect is one of ${faultEffects.join(', ')}`)
    checkMembers(match, 'match', knownOfMatch)
    const pattern = match.path === undefined ? undefined : new RegExp(match.path)
    const id = newId()
    this.#armed.push({ ...fault, match, id, hits: 0, draw: seededRandom(fault.seed ?? 1), pattern })
    return id
  }

  clear(): void {
    this.#armed = []
  }

  list(): ArmedFault[] {
    return this.#armed.map(({ draw: _draw, pattern: _pattern, ...fault }) => fault)
  }

  /**
   * The first armed fault that hits this request, counted as used. A simulator also asks for what it does in the background
   * (the making of a volume); only a fault that names that function hits it.
   */
  take(request: {
    service?: string | undefined
    method: string
    path: string
    func?: string | undefined
    background?: boolean
  }): Fault | undefined {
    for (const fault of this.#armed) {
      const { match } = fault
      if (request.background && match.func === undefined) continue
      if (match.service !== undefined && match.service !== request.service) continue
      if (match.method !== undefined && match.method.toUpperCase() !== request.method) continue
      if (match.func !== undefined && match.func !== request.func) continue
      if (fault.pattern && !fault.pattern.test(request.path)) continue
      if (fault.times !== undefined && fault.hits >= fault.times) continue
      if (fault.probability !== undefined && fault.draw() >= fault.probability) continue
      fault.hits++
      return fault
    }
    return undefined
  }
}
