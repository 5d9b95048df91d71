import type { Problem } from './common.ts'
import type { GivenBody, GivenQuery, ParamsOf, ResponseOf, Route } from './route.ts'

type Inputs<R extends Route> = (ParamsOf<R> extends Record<string, never> ? { params?: never } : { params: ParamsOf<R> }) &
  (GivenQuery<R> extends undefined ? { query?: never } : { query?: GivenQuery<R> }) &
  (GivenBody<R> extends undefined
    ? { body?: never }
    : undefined extends GivenBody<R>
      ? { body?: GivenBody<R> }
      : { body: GivenBody<R> }) & {
    idempotencyKey?: string
    signal?: AbortSignal
  }

/** A call that did not succeed. `problem` is what the service said; absent when it said nothing readable. */
export class ApiError extends Error {
  readonly status: number
  readonly problem: Problem | undefined
  constructor(status: number, problem: Problem | undefined, options?: ErrorOptions) {
    super(
      problem
        ? `${problem.message} ${problem.description}`.trim()
        : status === 0
          ? 'The service cannot be reached'
          : `The service answered ${status}`,
      options,
    )
    this.name = 'ApiError'
    this.status = status
    this.problem = problem
  }
}

export interface Answer<R extends Route> {
  data: ResponseOf<R>
  status: number
  /** The task that carries the order out (`X-Task-Id`). */
  taskId: string | undefined
  requestId: string | undefined
  headers: Headers
}

export interface ClientOptions {
  /** `''` for the origin of the page. */
  baseUrl: string
  /** Without it the browser's cookie speaks. */
  token?: string
  fetch?: typeof fetch
}

/** Writes a route's path with its parameters filled in and the query behind it. */
export function pathOf(route: Route, params: object = {}, query: object = {}): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((params as Record<string, unknown>)[name])),
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.set(name, Array.isArray(value) ? value.join(',') : String(value))
  return search.size > 0 ? `${path}?${search}` : path
}

export type Client = ReturnType<typeof createClient>

/** The typed client: `await client(routes.serversCreate, { params: { project_id }, body })`. @throws ApiError */
export function createClient(options: ClientOptions) {
  const send = options.fetch ?? fetch
  return async function call<R extends Route>(route: R, inputs: Inputs<R> = {} as Inputs<R>): Promise<Answer<R>> {
    const given: { params?: object | undefined; query?: object | undefined } = inputs as { params?: object; query?: object }
    const headers: Record<string, string> = { accept: 'application/json' }
    if (options.token) headers.authorization = `Bearer ${options.token}`
    if (inputs.body !== undefined) headers['content-type'] = 'application/json'
    if (inputs.idempotencyKey) headers['idempotency-key'] = inputs.idempotencyKey
    let response: Response
    try {
      response = await send(options.baseUrl + pathOf(route, given.params, given.query), {
        method: route.method,
        headers,
        ...(inputs.body === undefined ? {} : { body: JSON.stringify(inputs.body) }),
        ...(inputs.signal ? { signal: inputs.signal } : {}),
      })
    } catch (error) {
      if (inputs.signal?.aborted) throw error
      throw new ApiError(0, undefined, { cause: error })
    }
    const text = await response.text()
    let data: unknown
    try {
      data = text === '' ? undefined : JSON.parse(text)
    } catch (error) {
      throw new ApiError(response.status, undefined, { cause: error })
    }
    if (!response.ok) throw new ApiError(response.status, isProblem(data) ? data : undefined)
    return {
      data: data as ResponseOf<R>,
      status: response.status,
      taskId: response.headers.get('x-task-id') ?? undefined,
      requestId: response.headers.get('x-request-id') ?? undefined,
      headers: response.headers,
    }
  }
}

const isProblem = (data: unknown): data is Problem => typeof data === 'object' && data !== null && 'error_code' in data
