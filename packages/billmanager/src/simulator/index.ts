import type { Clock } from '@straylight/kit'
import { type JournalEntry, type SimRequest, type SimResponse, type Faults, startSimulator } from '@straylight/kit/simulator'
import { findUser, nobody, standing } from './access.ts'
import { type Answer, Call, document, type Panel, type PanelFunction, protocolWords } from './call.ts'
import { Daily } from './daily.ts'
import { el, type El, toCsv, toJson, toText, toXml } from './element.ts'
import { Engine, type OutsideModule } from './engine.ts'
import type { Expense, Item, Operation, Payment, Subaccount, Ticket, User } from './entities.ts'
import { functionsOf } from './functions/index.ts'
import { gatewayPage } from './gateway.ts'
import { noAccess, PanelRefusal, refusalElement, refuse } from './refusal.ts'
import { functionOf, readForm } from './request.ts'
import type { Switches } from './switches.ts'
import { hashOf, World } from './world.ts'

export type { OutsideModule } from './engine.ts'
export { defaultSwitches, type Switches } from './switches.ts'

export interface BillmanagerSimulatorOptions {
  clock: Clock
  port?: number
  host?: string
  /** Where its things are kept across a kill; without it they are gone with the process. */
  dataFile?: string
  /** For session ids and the like; the same seed gives the same words. */
  seed?: number
  /** `manual`: operations wait for `finishOperations`. Days pass on the clock in either case. */
  pace?: 'auto' | 'manual'
  /** `EUR` (the default), `RUB` or `USD`. */
  currency?: 'EUR' | 'RUB' | 'USD'
  /** The staff user of an integration. */
  credentials?: { username: string; password: string }
  /** A program as the processing module; without it the built-in one does as told, in its time. */
  module?: OutsideModule & { parameters?: Record<string, string> }
}

/** A call as the panel understood it; passwords are masked. */
export interface RecordedCall {
  func: string
  /** Parameters, without those of the protocol. */
  params: Record<string, string>
  su: string | undefined
  /** The level that it was called with. */
  level: number
  /** The error's type and object; missing when it went well. */
  refused?: string
}

export interface BillmanagerSimulator {
  /** With `/billmgr`. */
  url: string
  port: number
  /** A staff user (level 29). */
  credentials: { username: string; password: string }
  /** Root on the panel's host (level 30), as `mgrctl` is. */
  rootCredentials: { username: string; password: string }
  /** Faults of the line: delays, cuts, pages, silence. */
  faults: Faults
  /** The panel's own ways of being difficult. */
  switches: { get(): Readonly<Switches>; set(changes: Partial<Switches>): void }
  journal(): JournalEntry[]
  /** What was called, oldest first, since the start or the last reset. */
  calls(): RecordedCall[]
  /** What it holds, for assertions. */
  purses(): Subaccount[]
  expenses(): Expense[]
  payments(): Payment[]
  items(): Item[]
  operations(): Operation[]
  tickets(): Ticket[]
  /** Ends all operations at once, including what follows from them. */
  finishOperations(): void
  /** Staff set how a client pays. */
  setPurse(accountId: string, changes: Partial<Pick<Subaccount, 'creditLimit' | 'postpaid' | 'balance' | 'reserved'>>): void
  /** Staff change a user. */
  setUser(login: string, changes: Partial<Pick<User, 'totp' | 'suspended'>>): void
  /** Runs the outside module with a command of no operation: `features`, `stat`, `check_connection`. */
  runModule(args: string[], stdin?: string): Promise<{ code: number; stdout: string; stderr: string }>
  /** Runs of the outside module that ended, oldest first. */
  moduleRuns(): readonly { args: string[]; code: number; stdout: string; stderr: string }[]
  /** Resolves when no outside module runs. */
  idle(): Promise<void>
  reset(): void
  close(): Promise<void>
}

const defaultCredentials = { username: 'straylight', password: 'straylight-simulator' }
const callsKept = 20_000
const secretParameters = /^(password|passwd|confirm|old_passwd|key|token|qrcode)$/

/**
 * A BILLmanager that runs in this process and speaks its protocol over HTTP: at `url`, with its controls under `/_sim/`
 * (also `GET` and `PUT /_sim/switches`), a page for people at `/`, and a payment gateway's page where a payment leads.
 */
export async function startBillmanagerSimulator(options: BillmanagerSimulatorOptions): Promise<BillmanagerSimulator> {
  const world = new World(options)
  const engine = new Engine(world, options.module)
  const panel: Panel = { world, engine, daily: new Daily(world, engine) }
  const functions = functionsOf(world.catalogue.itemtype)
  const credentials = options.credentials ?? defaultCredentials
  const rootCredentials = { username: 'root', password: `root-${credentials.password}` }
  let calls: RecordedCall[] = []
  /** Results of slow calls, by the word in their address: how often it is still empty, and what comes then. */
  let slow = new Map<string, { empty: number; response: SimResponse }>()

  function furnish(): void {
    const staff = (id: string, { username, password }: { username: string; password: string }, level: number): void => {
      world.store.put('user', {
        ...nobody,
        id,
        login: username,
        email: `${username}@panel.test`,
        realname: username,
        passwordHash: hashOf(password),
        level,
      })
    }
    world.store.transaction(() => {
      staff('1', rootCredentials, 30)
      staff('2', credentials, 29)
      if (!world.store.get('module', '7'))
        world.store.put('module', {
          id: world.store.nextId('module'),
          name: 'Straylight',
          module: 'pmstraylight',
          parameters: options.module?.parameters ?? {},
          features: [],
        })
    })
  }

  const isFresh = !world.store.load()
  world.recallSwitches()
  furnish()
  if (!isFresh) engine.resume()
  panel.daily.plan()
  world.store.flush()

  function handle(request: SimRequest): SimResponse | Promise<SimResponse> {
    if (request.path.startsWith('/mancgi/')) return gatewayPage(panel, request)
    if (request.path.startsWith('/long_')) return slowResult(request.path.slice('/long_'.length))
    if (!/^(\/|\/billmgr\/?|\/manager\/billmgr\/?)$/.test(request.path))
      return { status: 404, headers: htmlType, body: '<h1>404 Not Found</h1>' }
    if (world.switches.htmlCaptchaPage)
      return {
        status: 200,
        headers: htmlType,
        body: '<html><body>Checking that you are human … <form id="captcha"></form></body></html>',
      }
    const called = call(request)
    const { longRequest } = world.switches
    if (longRequest === false || isQuick(called.func)) return called.response
    return Promise.resolve(called.response).then((response) => {
      const word = world.token(8)
      slow.set(word, { empty: longRequest, response })
      return {
        status: 200,
        headers: htmlType,
        body: `<html><body>Request in process, please wait<script>setTimeout(()=>{location="/long_${word}?billmgr"},500)</script></body></html>`,
      }
    })
  }

  function slowResult(word: string): SimResponse {
    const waiting = slow.get(word)
    if (!waiting) return { status: 404, headers: htmlType, body: '' }
    if (waiting.empty > 0) {
      waiting.empty--
      return { status: 200, headers: htmlType, body: '' }
    }
    slow.delete(word)
    return waiting.response
  }

  function call(request: SimRequest): { func: string; response: SimResponse | Promise<SimResponse> } {
    const { values, files } = readForm(request)
    const func = values.get('func') ?? ''
    const asked = values.get('lang') === 'ru' ? 'ru' : 'en'
    const lang = world.switches.localisedTexts === 'asked' ? asked : world.switches.localisedTexts
    const out = values.get('out') ?? ''
    const ip = request.headers['x-forwarded-for'] ?? '127.0.0.1'
    const definition = functions.get(func)
    const recorded: RecordedCall = { func, params: maskedParameters(values), su: values.get('su'), level: 0 }
    calls.push(recorded)
    if (calls.length > callsKept) calls = calls.slice(-callsKept / 2)
    let who = nobody
    try {
      const answer = world.store.transaction(
        () => {
          const auth = values.get('auth') ?? /billmgrses5=([^;:]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
          // Anybody may sign in again over a dead session.
          const proof = {
            auth: func === 'auth' ? '' : auth,
            authinfo: values.get('authinfo') ?? '',
            su: values.get('su') ?? '',
            func,
            ip,
          }
          const { caller, user, session } = standing(world, proof)
          who = user
          recorded.level = user.level
          return run(
            new Call({
              panel,
              func,
              files,
              lang,
              caller,
              user,
              session,
              ip,
              values,
              isShown: definition?.isForm === true && values.get('sok') !== 'ok',
            }),
            definition,
          )
        },
        { keep: !request.silent },
      )
      const isCut =
        world.switches.timeoutAfterCommit && definition?.movesMoney === true && (!definition.isForm || values.get('sok') === 'ok')
      const response = respond(answer, out)
      return { func, response: isCut ? { status: 0, cut: true } : response }
    } catch (refusal) {
      if (!(refusal instanceof PanelRefusal)) throw refusal
      recorded.refused = [refusal.type, refusal.object].filter(Boolean).join('/')
      return {
        func,
        response: respond(
          document(refusalElement(refusal, func, who, lang)),
          out === 'xml' || out === 'text' ? out : out === '' ? '' : 'json',
        ),
      }
    }
  }

  function run(call: Call, definition: PanelFunction | undefined): Answer {
    if (!definition) throw refuse('missed', 'func', { value: call.func })
    if (call.session?.awaitsTotp && !['whoami', 'totp.confirm', 'logon'].includes(call.func)) throw noAccess(call.func)
    const level = definition.keepsLevel ? Math.max(call.user.level, call.caller.level) : call.user.level
    if (level < definition.level) throw noAccess(call.func)
    const names = [...call.names].filter((name) => !protocolWords.has(name))
    if (definition.isForm && !call.sent && names.length > 0 && world.switches.noSokIsSilentOk) return document(el('ok'))
    const answer = definition.run(call)
    if (!world.switches.ignoreUnknownParams) {
      const unknown = names.find((name) => !call.known.has(name) && !definition.fields?.includes(name))
      if (unknown !== undefined) throw refuse('value', unknown, { value: 'unknown parameter' })
    }
    return answer
  }

  function respond(answer: Answer, out: string): SimResponse | Promise<SimResponse> {
    const date = { date: world.clock.now().toUTCString() }
    switch (answer.kind) {
      case 'redirect':
        return {
          status: 302,
          headers: { ...date, location: answer.location, ...(answer.cookie ? { 'set-cookie': answer.cookie } : {}) },
        }
      case 'bytes':
        return Promise.resolve(answer.make()).then((body) => ({
          status: 200,
          headers: {
            ...date,
            'content-type': answer.type,
            'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(answer.name)}`,
          },
          body,
        }))
      case 'document': {
        const { type, body } = write(answer.elements, out, world.switches.singleRowAsObject)
        return {
          status: 200,
          headers: { ...date, 'content-type': type, ...(answer.cookie ? { 'set-cookie': answer.cookie } : {}) },
          body,
        }
      }
    }
  }

  const server = await startSimulator(
    {
      name: 'BILLmanager',
      clock: options.clock,
      describe: (request) => {
        const func = functionOf(request)
        return { service: 'billmanager', ...(func === undefined ? {} : { func }) }
      },
      handle,
      // The panel itself never answers anything but 200; other statuses are those of the proxy before it.
      error: (_request, status, message) => ({
        status,
        headers: htmlType,
        body: `<html><body><h1>${status}</h1><p>${message}</p></body></html>`,
      }),
      settle: () => world.settle(),
      flush: () => world.store.flush(),
      state: () => ({ switches: world.switches, ...world.store.state() }),
      reset,
      control: ({ method, path, body }) => {
        if (path !== '/_sim/switches') return undefined
        if (method === 'GET') return { status: 200, body: world.switches }
        if (method !== 'PUT' && method !== 'PATCH') return undefined
        try {
          world.setSwitches(JSON.parse(body.toString('utf8')) as Partial<Switches>)
          world.store.flush()
          return { status: 200, body: world.switches }
        } catch (error) {
          return { status: 400, body: { error: (error as Error).message } }
        }
      },
    },
    {
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.host === undefined ? {} : { host: options.host }),
    },
  )

  function reset(): void {
    world.days.clear()
    world.operations.clear()
    world.store.clear()
    world.resetSwitches()
    world.reseed()
    calls = []
    slow = new Map()
    furnish()
    panel.daily.plan()
    world.store.flush()
  }

  return {
    url: `${server.url}/billmgr`,
    port: server.port,
    credentials,
    rootCredentials,
    faults: server.faults,
    switches: {
      get: () => world.switches,
      set: (changes) => {
        world.setSwitches(changes)
        world.store.flush()
      },
    },
    journal: server.journal,
    calls: () => [...calls],
    purses: () => settled().all('subaccount'),
    expenses: () => settled().all('expense'),
    payments: () => settled().all('payment'),
    items: () => settled().all('item'),
    operations: () => settled().all('operation'),
    tickets: () => settled().all('ticket'),
    finishOperations: () => {
      world.settle()
      // A panel that does nothing never ends anything, however long one waits.
      if (world.switches.doNothing) return
      // In the pace of the clock the days are planned beside the operations; they are not to be hurried along.
      for (const { itemId } of world.store.all('operation')) world.operations.finish(itemId)
      world.store.flush()
    },
    setPurse: (accountId, changes) => {
      world.store.put('subaccount', { ...world.purse(accountId), ...changes })
      world.store.flush()
    },
    setUser: (login, changes) => {
      const user = findUser(world, login)
      if (!user) throw new Error(`the panel has no user ${login}`)
      world.store.put('user', { ...user, ...changes })
      world.store.flush()
    },
    runModule: (args, stdin) => engine.command(args, stdin),
    moduleRuns: () => engine.runs,
    idle: () => engine.idle(),
    reset: () => {
      server.faults.clear()
      server.clearJournal()
      reset()
    },
    close: async () => {
      world.days.clear()
      world.operations.clear()
      await server.close()
      await engine.idle()
    },
  }

  function settled() {
    world.settle()
    return world.store
  }
}

const htmlType = { 'content-type': 'text/html; charset=UTF-8' }

/** What is asked while waiting is itself never slow. */
const isQuick = (func: string): boolean => ['auth', 'whoami', 'keepalive', 'logon'].includes(func)

function write(elements: El[], out: string, singleRowAsObject: boolean): { type: string; body: string } {
  switch (out) {
    case 'json':
    case 'sjson':
    case 'bjson':
    case 'xjson':
      return { type: 'application/json; charset=UTF-8', body: JSON.stringify({ doc: toJson(elements, singleRowAsObject) }) }
    case 'xml':
    case 'devel':
      return { type: 'text/xml; charset=UTF-8', body: toXml(elements) }
    case 'text':
      return { type: 'text/plain; charset=UTF-8', body: toText(elements) }
    case 'csv':
      return { type: 'text/csv; charset=UTF-8', body: toCsv(elements) }
    default:
      // Without `out` the panel answers its own pages.
      return {
        type: 'text/html; charset=UTF-8',
        body: '<!doctype html><html><head><title>BILLmanager</title></head><body></body></html>',
      }
  }
}

function maskedParameters(values: ReadonlyMap<string, string>): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [name, value] of values)
    if (!['func', 'out', 'lang', 'auth', 'authinfo', 'su'].includes(name))
      params[name] = secretParameters.test(name) ? '***' : value
  return params
}
