import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import { breakStream } from './broken-stream.ts'
import { type Fault, faultEffects, Faults } from './faults.ts'

export interface SimRequest {
  method: string
  /** Without query; still percent-encoded. */
  path: string
  query: URLSearchParams
  headers: Record<string, string>
  body: Buffer
  /** Which of the simulated services, as `describe` said. */
  service: string | undefined
  func: string | undefined
  /** A `silent-ok` fault hit: answer as if it had been done, do nothing. */
  silent: boolean
}

export interface SimResponse {
  status: number
  headers?: Record<string, string>
  /** An object is sent as JSON; a string or bytes as they are; nothing when absent. */
  body?: unknown
  /** It acted, and the connection is cut instead of an answer. */
  cut?: true
}

export interface JournalEntry {
  at: string
  method: string
  path: string
  query: string
  service: string | undefined
  func: string | undefined
  status: number | 'dropped'
  fault: string | undefined
  ms: number
}

export interface SimulatorDefinition {
  name: string
  clock: Clock
  handle(request: SimRequest): Promise<SimResponse> | SimResponse
  /** Which service and function a request is for, so that faults and the journal can name them. */
  describe(request: { method: string; path: string; query: URLSearchParams; headers: Record<string, string>; body: Buffer }): {
    service?: string
    func?: string
  }
  /** An error in the very shape in which this neighbour sends it. */
  error(request: SimRequest, status: number, message: string): SimResponse
  /** Runs what is due on the simulator's timeline; called before each request. */
  settle(): void
  /** Called after each request and before its answer goes out: write down what changed. */
  flush?(): void
  /** Everything it holds, as JSON, for people and tests. */
  state(): unknown
  reset(): void
  /** Web sockets and other upgrades (a console, a change feed). Without it they are refused. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Answers that need the raw response, such as an endless stream; true when it took the request. */
  stream?(request: SimRequest, response: ServerResponse): boolean
  /** Its own controls under `/_sim/`, beside those that every simulator has; nothing when it does not know the path. */
  control?(request: { method: string; path: string; body: Buffer }): SimResponse | undefined
}

/** What several servers of one neighbour hold in common, so that one switch breaks any of them and one journal tells the order. */
export interface SharedControl {
  faults: Faults
  journal: JournalEntry[]
}

export const sharedControl = (): SharedControl => ({ faults: new Faults(), journal: [] })

export interface Simulator {
  url: string
  port: number
  faults: Faults
  journal(): JournalEntry[]
  clearJournal(): void
  close(): Promise<void>
}

const galera = 'WSREP has not yet prepared node for application use'
const haproxy = `<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n`
const maxBodyBytes = 256 * 1024 * 1024
const journalLength = 20_000

/**
 * Serves a simulated neighbour over HTTP on loopback: its own protocol, plus its control under `/_sim/` (state, journal, faults, reset)
 * and a page for people at `/` when a browser asks for it.
 */
export async function startSimulator(
  definition: SimulatorDefinition,
  options: { port?: number; host?: string; shared?: SharedControl } = {},
): Promise<Simulator> {
  const { faults, journal } = options.shared ?? sharedControl()
  const sockets = new Set<Socket>()

  const server: Server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => {
      if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy()
      else send(outgoing, { status: 500, body: { simulator: String((error as Error)?.stack ?? error) } })
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => {
    if (definition.upgrade) definition.upgrade(request, socket, head)
    else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
  server.keepAliveTimeout = 60_000

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const started = performance.now()
    const url = new URL(incoming.url ?? '/', 'http://simulator')
    const body = await readBody(incoming)
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    const basics = { method: incoming.method ?? 'GET', path: url.pathname, query: url.searchParams, headers, body }
    if (url.pathname.startsWith('/_sim')) return send(outgoing, control(basics))
    if (url.pathname === '/' && (headers.accept ?? '').includes('text/html')) return send(outgoing, page(definition.name))

    definition.settle()
    const { service, func } = definition.describe(basics)
    const fault = faults.take({ service, method: basics.method, path: basics.path, func })
    const request: SimRequest = { ...basics, service, func, silent: fault?.effect === 'silent-ok' }
    const note = (status: number | 'dropped') => {
      journal.push({
        at: definition.clock.now().toISOString(),
        method: request.method,
        path: request.path,
        query: url.search,
        service,
        func,
        status,
        fault: fault?.effect,
        ms: Math.round((performance.now() - started) * 100) / 100,
      })
      if (journal.length > journalLength) journal.splice(0, journal.length - journalLength / 2)
    }

    if (fault?.effect === 'drop-before') {
      note('dropped')
      incoming.socket.destroy()
      return
    }
    if (fault?.effect === 'delay') await definition.clock.sleep(fault.delay_ms ?? 1000)
    const instead = fault ? answerInstead(definition, request, fault) : undefined
    const mend = !instead && definition.stream && fault ? breakStream(outgoing, fault, definition.clock) : undefined
    if (!instead && definition.stream?.(request, outgoing)) return note(fault?.effect === 'drop-after' ? 'dropped' : 200)
    mend?.()
    const response = instead ?? (await definition.handle(request))
    definition.flush?.()
    if (fault?.effect === 'delay-after') await definition.clock.sleep(fault.delay_ms ?? 1000)
    if (fault?.effect === 'drop-after' || response.cut) {
      note('dropped')
      incoming.socket.destroy()
      return
    }
    note(response.status)
    if (fault?.effect === 'slow-body') await sendSlowly(outgoing, response, fault.delay_ms ?? 50)
    else send(outgoing, response)
  }

  function control(request: { method: string; path: string; body: Buffer }): SimResponse {
    switch (`${request.method} ${request.path}`) {
      case 'GET /_sim/state':
        definition.settle()
        return { status: 200, body: definition.state() }
      case 'GET /_sim/journal':
        return { status: 200, body: journal }
      case 'DELETE /_sim/journal':
        journal.length = 0
        return { status: 204 }
      case 'POST /_sim/reset':
        definition.reset()
        faults.clear()
        journal.length = 0
        return { status: 204 }
      case 'GET /_sim/faults':
        return { status: 200, body: faults.list() }
      case 'POST /_sim/faults':
        try {
          return { status: 201, body: { id: faults.add(JSON.parse(request.body.toString('utf8')) as Fault) } }
        } catch (error) {
          return { status: 400, body: { error: (error as Error).message } }
        }
      case 'DELETE /_sim/faults':
        faults.clear()
        return { status: 204 }
      default:
        return definition.control?.(request) ?? { status: 404, body: { error: `no control ${request.method} ${request.path}` } }
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    journal: () => [...journal],
    clearJournal: () => {
      journal.length = 0
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function answerInstead(definition: SimulatorDefinition, request: SimRequest, fault: Fault): SimResponse | undefined {
  if (fault.effect === 'status') {
    const status = fault.status ?? 500
    return fault.body === undefined ? definition.error(request, status, 'a fault was ordered') : { status, body: fault.body }
  }
  if (fault.effect === 'wsrep')
    return definition.error(request, fault.status ?? 500, `(pymysql.err.InternalError) (1047, '${galera}')`)
  if (fault.effect === 'html') return { status: fault.status ?? 503, headers: { 'content-type': 'text/html' }, body: haproxy }
  return undefined
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length
    if (bytes > maxBodyBytes) throw new Error('the request body is too large for a simulator')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function encode(response: SimResponse): { headers: Record<string, string>; bytes: Buffer | string | undefined } {
  const { body, headers = {} } = response
  if (body === undefined) return { headers, bytes: undefined }
  if (typeof body === 'string' || Buffer.isBuffer(body)) return { headers, bytes: body }
  if (body instanceof Uint8Array) return { headers, bytes: Buffer.from(body) }
  return { headers: { 'content-type': 'application/json', ...headers }, bytes: JSON.stringify(body) }
}

function send(outgoing: ServerResponse, response: SimResponse): void {
  const { headers, bytes } = encode(response)
  const length = bytes === undefined ? 0 : Buffer.byteLength(bytes)
  outgoing.writeHead(
    response.status,
    response.status === 204 || response.status === 304 ? headers : { ...headers, 'content-length': String(length) },
  )
  outgoing.end(bytes)
}

async function sendSlowly(outgoing: ServerResponse, response: SimResponse, everyMs: number): Promise<void> {
  const { headers, bytes } = encode(response)
  const all = Buffer.from(bytes ?? '')
  outgoing.writeHead(response.status, { ...headers, 'content-length': String(all.length) })
  for (const byte of all) {
    if (outgoing.destroyed) return
    outgoing.write(Buffer.of(byte))
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  outgoing.end()
}

function page(name: string): SimResponse {
  const html = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${name} simulator</title>
<style>
:root{color-scheme:light dark;font:14px/20px system-ui,sans-serif}body{max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:20px}h2{font-size:14px}pre{overflow:auto;max-height:24rem;border:1px solid #8886;border-radius:6px;padding:10px;font-size:12px}
table{border-collapse:collapse;width:100%;font-size:12px}td,th{text-align:left;padding:3px 8px 3px 0;border-bottom:1px solid #8884}
form:not([hidden]){display:flex;flex-wrap:wrap;gap:8px;align-items:end}label{display:grid;font-size:12px}button,input,select{font:inherit;padding:4px 8px}
</style>
<h1>${name} simulator</h1>
<p>It speaks the real protocol. Break it here and watch what the platform does.</p>
<h2>Faults</h2>
<form id="fault">
<label>Service<input name="service" size="10"></label><label>Method<input name="method" size="6"></label>
<label>Path, a regular expression<input name="path" size="24"></label><label>Function<input name="func" size="12"></label>
<label>Effect<select name="effect">${faultEffects.map((effect) => `<option>${effect}</option>`).join('')}</select></label>
<label>Status<input name="status" size="4" inputmode="numeric"></label><label>Delay, ms<input name="delay_ms" size="6" inputmode="numeric"></label>
<label>Times<input name="times" size="4" inputmode="numeric"></label><label>Probability, 0 to 1<input name="probability" size="4" inputmode="decimal"></label>
<label>Seed<input name="seed" size="6" inputmode="numeric"></label><label>Body, JSON or text<input name="body" size="24"></label><button>Arm</button><button type="button" id="clear">Disarm all</button>
</form>
<p id="message" role="status"></p>
<pre id="faults"></pre>
<form id="switching" hidden><label>Switches of its own<textarea name="switches" rows="12" cols="60" spellcheck="false"></textarea></label><button>Set</button></form>
<h2>Journal, newest first</h2><table><thead><tr><th>Time<th>Call<th>Answer<th>ms</tr></thead><tbody id="journal"></tbody></table>
<h2>State</h2><pre id="state"></pre>
<script>
const get = (path) => fetch('/_sim/' + path).then((answer) => answer.json())
const cell = (row, text) => { row.insertCell().textContent = text }
async function refresh() {
  faults.textContent = JSON.stringify(await get('faults'), null, 2)
  state.textContent = JSON.stringify(await get('state'), null, 2).slice(0, 200000)
  const rows = (await get('journal')).slice(-50).reverse()
  journal.replaceChildren()
  for (const entry of rows) {
    const row = journal.insertRow()
    cell(row, entry.at.slice(11, 19)); cell(row, entry.method + ' ' + entry.path + entry.query); cell(row, entry.status + (entry.fault ? ' (' + entry.fault + ')' : '')); cell(row, entry.ms)
  }
}
fault.onsubmit = async (event) => {
  event.preventDefault()
  const values = Object.fromEntries([...new FormData(fault)].filter(([, value]) => value !== ''))
  const { service, method, path, func, ...rest } = values
  for (const name of ['status', 'delay_ms', 'times', 'probability', 'seed']) if (name in rest) rest[name] = Number(rest[name])
  if ('body' in rest) try { rest.body = JSON.parse(rest.body) } catch {}
  const answer = await fetch('/_sim/faults', { method: 'POST', body: JSON.stringify({ match: { service, method, path, func }, ...rest }) })
  message.textContent = answer.ok ? 'Armed.' : (await answer.json()).error
  refresh()
}
clear.onclick = async () => { await fetch('/_sim/faults', { method: 'DELETE' }); message.textContent = 'Disarmed.'; refresh() }
switching.onsubmit = async (event) => {
  event.preventDefault()
  const answer = await fetch('/_sim/switches', { method: 'PUT', body: switching.switches.value })
  message.textContent = answer.ok ? 'Set.' : (await answer.json()).error
}
fetch('/_sim/switches').then(async (answer) => { if (answer.ok) { switching.switches.value = JSON.stringify(await answer.json(), null, 2); switching.hidden = false } })
refresh(); setInterval(refresh, 3000)
</script></html>`
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: html }
}
