import { readFileSync } from 'node:fs'

/** One recorded exchange with the real server. */
export interface Sample {
  number: number
  name: string
  note?: string
  request: { method: string; path: string; headers?: Record<string, string>; body?: unknown }
  response: { status: number; type: string; body?: unknown; text?: string }
}

export interface Answer {
  status: number
  type: string
  body: unknown
  text: string
  headers: Headers
}

export const samplesOf = (name: string): Sample[] =>
  readFileSync(new URL(`./samples/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sample)

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const dashless = /\b[0-9a-f]{32}\b/g

/**
 * Plays recorded requests against a server that gives its own ids: whatever the recorded answer called an id is translated into what this server called it,
 * in all requests that follow.
 */
export class Replay {
  readonly #url: string
  readonly #token: (sample: Pick<Sample, 'name' | 'number'>) => string | undefined
  readonly #known = new Map<string, string>()

  constructor(url: string, token: (sample: Pick<Sample, 'name' | 'number'>) => string | undefined = () => undefined) {
    this.#url = url
    this.#token = token
  }

  /** The recorded id is this one here. */
  know(recorded: string, actual: string): void {
    this.#known.set(recorded, actual)
    this.#known.set(recorded.replaceAll('-', ''), actual.replaceAll('-', ''))
  }

  translate(text: string): string {
    return text.replace(uuid, (id) => this.#known.get(id) ?? id).replace(dashless, (id) => this.#known.get(id) ?? id)
  }

  async send(request: Sample['request'], token?: string): Promise<Answer> {
    const headers: Record<string, string> = { accept: 'application/json', ...(request.headers ?? {}) }
    delete headers['X-Auth-Token']
    if (token) headers['x-auth-token'] = token
    if (request.body !== undefined) headers['content-type'] = 'application/json; charset="UTF-8"'
    const response = await fetch(`${this.#url}${this.translate(encodeURI(request.path))}`, {
      method: request.method,
      headers,
      ...(request.body === undefined ? {} : { body: this.translate(JSON.stringify(request.body)) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      text,
      body: jsonOf(text),
      headers: response.headers,
    }
  }

  async play(sample: Sample): Promise<Answer> {
    const answer = await this.send(sample.request, this.#token(sample))
    if (answer.status === sample.response.status) this.learn(sample.response.body, answer.body)
    return answer
  }

  /** Walks both answers side by side and notes which id stands for which. */
  learn(recorded: unknown, actual: unknown): void {
    if (typeof recorded === 'string' && typeof actual === 'string') {
      const [ids, here] = [recorded.match(uuid) ?? [], actual.match(uuid) ?? []]
      if (ids.length === here.length)
        for (const [index, id] of ids.entries()) if (!this.#known.has(id)) this.know(id, here[index] as string)
    } else if (Array.isArray(recorded) && Array.isArray(actual)) {
      const pairs = aligned(recorded, actual, (value) => this.#comparable(value))
      for (const [one, other] of pairs) this.learn(one, other)
    } else if (isObject(recorded) && isObject(actual)) {
      for (const key of Object.keys(recorded)) this.learn(recorded[key], actual[key])
    }
  }

  /** Both answers as they can be compared: ids that stand for one another are one, times and addresses of servers are gone. */
  compare(sample: Sample, answer: Answer): { expected: unknown; actual: unknown } {
    const { status, type, text, body } = sample.response
    const sort = (value: unknown) => sorted(this.#comparable(value))
    const expected = { status, type, ...(text === undefined ? { body: sort(body) } : { text: this.#comparable(text) }) }
    const received = {
      status: answer.status,
      type: type === '' ? '' : answer.type,
      ...(text === undefined
        ? { body: sort(answer.body) }
        : { text: text === '' && answer.status === 403 ? '' : this.#comparable(answer.text) }),
    }
    return { expected, actual: received }
  }

  #comparable(value: unknown): unknown {
    if (typeof value === 'string') return masked(this.translate(value))
    if (Array.isArray(value)) return value.map((item) => this.#comparable(item))
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        // These do not survive JSON.parse.
        .filter(([key]) => key !== 'uuid_mslong' && key !== 'uuid_lslong')
        .map(([key, item]) => [key, this.#comparable(item)]),
    )
  }
}

/** Lists of objects have no order of their own here: most are in the order of ids. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sorted)
    return items.some(isObject) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items
  }
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sorted(item)])) : value
}

const masked = (text: string): string =>
  text
    .replace(/Delete when (children still present|resource still referred): \[.*\]/, 'Delete when $1: […]')
    .replace(/'fields': '([^']*)'/, (_all, fields: string) => `'fields': '${fields.split(',').sort().join(',')}'`)
    .replace(uuid, '<uuid>')
    .replace(dashless, '<id>')
    .replace(/20\d\d-\d\d-\d\dT[\d:.]+Z?/g, '<time>')
    .replace(/https?:\/\/[^/'"\s]+/g, '<server>')
    .replace(/\b02(:[0-9a-f]{2}){5}\b/g, '<mac>')

function aligned(recorded: unknown[], actual: unknown[], comparable: (value: unknown) => unknown): [unknown, unknown][] {
  const key = (value: unknown) => {
    const { id, uuid: ownUuid, ...rest } = (isObject(value) ? value : { value }) as Record<string, unknown>
    void id
    void ownUuid
    return masked(JSON.stringify(comparable(rest)))
  }
  const left = [...actual]
  return recorded.flatMap((one): [unknown, unknown][] => {
    const index = left.findIndex((other) => key(other) === key(one))
    if (index < 0) return recorded.length === actual.length ? [[one, actual[recorded.indexOf(one)]]] : []
    return [[one, left.splice(index, 1)[0]]]
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
