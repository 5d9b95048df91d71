import { execFile } from 'node:child_process'
import { el, escapeXml, parent, toXml } from './element.ts'
import type { Item, Operation } from './entities.ts'
import { refuse } from './refusal.ts'
import { type World, dayAfter } from './world.ts'

/** A processing module that is a program, as the panel's host has them in `/usr/local/mgr5/processing/`. */
export interface OutsideModule {
  path: string
  /** Added to the environment of each run: where its `mgrctl` is. */
  env?: Record<string, string>
}

const slowMs = 600_000

/**
 * The panel's queue. Work on a service is an operation: the service becomes `5_<command>`, the module is run, and only the module's
 * callback (`service.post…`) ends it. A failed run is repeated after `retryEvery`; after `maxTry` runs it waits for a person, with a task.
 * https://doc.ispsystem.com/index.php/Service_activation_rules, https://docs.ispsystem.com/billmanager/service-activation/service-management/tasks
 */
export class Engine {
  readonly #world: World
  readonly #outside: OutsideModule | undefined
  readonly #running = new Set<Promise<void>>()
  /** Runs of the module that ended, for tests. */
  readonly runs: { args: string[]; code: number; stdout: string; stderr: string }[] = []

  constructor(world: World, outside: OutsideModule | undefined) {
    this.#world = world
    this.#outside = outside
  }

  /** Orders work on a service. @throws PanelRefusal `runningoperation` while other work on it runs */
  start(item: Item, command: string, parameters: Record<string, string> = {}): Operation {
    const { store } = this.#world
    if (store.find('operation', (one) => one.itemId === item.id)) throw refuse('runningoperation')
    const now = this.#world.now().toISOString()
    store.put('item', { ...item, status: `5_${command}` })
    const operation = store.put('operation', {
      id: store.nextId('operation'),
      itemId: item.id,
      command,
      moduleId: item.moduleId,
      createdAt: now,
      tries: 0,
      manual: false,
      error: '',
      history: [],
      dueAt: now,
      endsAt: undefined,
      parameters,
    })
    this.#planRun(operation)
    return operation
  }

  /** For what the panel does by itself, which gives way to other work. */
  startUnlessBusy(item: Item, command: string, parameters: Record<string, string> = {}): void {
    if (!this.#world.store.find('operation', (one) => one.itemId === item.id)) this.start(item, command, parameters)
  }

  /** Plans again what an earlier process had planned. A run that was cut short is repeated. */
  resume(): void {
    const { store } = this.#world
    for (const operation of store.all('operation')) {
      if (operation.manual) continue
      if (operation.endsAt !== undefined) this.#planEnd(operation)
      else
        this.#planRun(
          operation.dueAt === undefined
            ? store.put('operation', { ...operation, dueAt: this.#world.now().toISOString() })
            : operation,
        )
    }
  }

  /** Runs it now, or as soon as its run ends. */
  rerun(operation: Operation): void {
    this.#planRun(
      this.#world.store.put('operation', {
        ...operation,
        manual: false,
        dueAt: this.#world.now().toISOString(),
        endsAt: undefined,
      }),
    )
  }

  setManual(operation: Operation): Operation {
    return this.#world.store.put('operation', { ...operation, manual: true, dueAt: undefined, endsAt: undefined })
  }

  /** A task for the staff; one per operation. */
  task(operation: Operation, type: string, parameters = ''): string {
    const { store } = this.#world
    const there = store.find('task', (one) => one.operationId === operation.id && !one.closed)
    if (there) return there.id
    return store.put('task', {
      id: store.nextId('task'),
      itemId: operation.itemId,
      operationId: operation.id,
      type,
      closed: false,
      createdAt: this.#world.now().toISOString(),
      parameters,
    }).id
  }

  /** The module's callback: sets the service's status and deletes the running operation. */
  post(itemId: string, command: string): Item | undefined {
    const { store } = this.#world
    const item = store.get('item', itemId)
    if (!item) return undefined
    const operation = store.find('operation', (one) => one.itemId === itemId && one.command === command)
    if (operation) {
      store.remove('operation', operation.id)
      for (const task of store.all('task').filter((one) => one.operationId === operation.id))
        store.put('task', { ...task, closed: true })
    }
    return store.put('item', { ...item, ...this.#after(item, command, operation) })
  }

  #after(item: Item, command: string, operation: Operation | undefined): Partial<Item> {
    const nowIso = this.#world.now().toISOString()
    if (item.status === '4') return {}
    switch (command) {
      case 'suspend':
        return { status: `3${operation?.parameters.reason ? `_${operation.parameters.reason}` : ''}`, suspendedAt: nowIso }
      case 'resume':
        return { status: '2', suspendedAt: undefined }
      case 'close':
        return { status: '4', scheduledClose: false }
      case 'prolong':
        return { status: '2', expiresOn: dayAfter(item.expiresOn || this.#world.today(), 30) }
      case 'setparam':
        return { status: operation?.parameters.statusBefore ?? '2' }
      default:
        return { status: '2', billedUntil: item.billedUntil || this.#world.today() }
    }
  }

  /** A run failed: repeat it later, or call a person. */
  fail(operation: Operation, error: string): void {
    const { retryEvery, maxTry } = this.#world.switches
    const nowMs = this.#world.now().getTime()
    const failed = { ...operation, error, history: [...operation.history, error].slice(-20), endsAt: undefined }
    if (operation.tries >= maxTry) {
      this.setManual(failed)
      const type = this.#world.catalogue.taskTypes[operation.command]
      if (type !== undefined) this.task(failed, type)
      return
    }
    this.#planRun(this.#world.store.put('operation', { ...failed, dueAt: new Date(nowMs + retryEvery).toISOString() }))
  }

  /** Runs the outside module with a command that belongs to no operation (`features`, `stat`, …). */
  async command(args: string[], stdin = ''): Promise<{ code: number; stdout: string; stderr: string }> {
    if (!this.#outside) throw new Error('this panel has no outside module')
    return this.#spawn(this.#outside, args, stdin)
  }

  /** Resolves when no outside module runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  #planRun(operation: Operation): void {
    const { dueAt } = operation
    if (dueAt === undefined) return
    this.#world.plan(this.#world.operations, new Date(dueAt), operation.itemId, `run ${operation.command}`, () => {
      const now = this.#world.store.get('operation', operation.id)
      if (now?.dueAt === dueAt && !now.manual) this.#run(now)
    })
  }

  #planEnd(operation: Operation): void {
    const { endsAt } = operation
    if (endsAt === undefined) return
    this.#world.plan(this.#world.operations, new Date(endsAt), operation.itemId, `end ${operation.command}`, () => {
      const now = this.#world.store.get('operation', operation.id)
      if (now?.endsAt !== endsAt) return
      this.post(now.itemId, now.command)
      if (!this.#world.switches.duplicateCallback) return
      const again = new Date(new Date(endsAt).getTime() + 1000)
      this.#world.plan(
        this.#world.operations,
        again,
        now.itemId,
        `end ${now.command} again`,
        () => void this.post(now.itemId, now.command),
      )
    })
  }

  #run(operation: Operation): void {
    const { switches, store } = this.#world
    const running = store.put('operation', { ...operation, tries: operation.tries + 1, dueAt: undefined, error: '' })
    if (switches.doNothing) this.#expectAnotherRun(running)
    else if (this.#outside) this.#runOutside(this.#outside, running)
    else this.#runInside(running)
  }

  /** The built-in module does as told, save for orders that carry a sentinel in `remoteid` or `domain`: `open-error`, `slow-close`. */
  #runInside(operation: Operation): void {
    const { switches, store } = this.#world
    const { command } = operation
    const item = store.get('item', operation.itemId)
    const sentinel = `${item?.remoteid} ${item?.domain}`
    if (sentinel.includes(`${command}-error`)) {
      this.fail(operation, moduleError(`${command}_error`))
      return
    }
    const takesMs = (sentinel.includes(`slow-${command}`) ? slowMs : switches.operationMs) + switches.lateCallback
    this.#planEnd(store.put('operation', { ...operation, endsAt: new Date(this.#world.now().getTime() + takesMs).toISOString() }))
  }

  /** The module ended well and made no callback: the row stays, and the module is run again. */
  #expectAnotherRun(operation: Operation): void {
    const dueAt = new Date(this.#world.now().getTime() + this.#world.switches.retryEvery).toISOString()
    this.#planRun(this.#world.store.put('operation', { ...operation, dueAt }))
  }

  #runOutside(outside: OutsideModule, operation: Operation): void {
    const { store, switches } = this.#world
    const args = ['--command', operation.command, '--item', operation.itemId, '--runningoperation', operation.id, '--lang', 'en']
    const run = this.#spawn(outside, args, '').then(({ code, stdout }) => {
      store.transaction(() => {
        const now = store.get('operation', operation.id)
        if (!now || now.manual || now.tries !== operation.tries) return
        if (code !== 0) this.fail(now, now.error || stdout.trim() || moduleError('module_failed'))
        else if (now.dueAt === undefined) this.#expectAnotherRun(now)
      })
      if (switches.duplicateCallback && code === 0) store.transaction(() => void this.post(operation.itemId, operation.command))
      store.flush()
    })
    const tracked = run.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  #spawn({ path, env }: OutsideModule, args: string[], stdin: string): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const child = execFile(
        path,
        args,
        { env: { PATH: process.env.PATH, ...env }, timeout: 60_000 },
        (error, stdout, stderr) => {
          const code = error ? (typeof error.code === 'number' ? error.code : 127) : 0
          this.runs.push({ args, code, stdout, stderr })
          resolve({ code, stdout, stderr })
        },
      )
      child.stdin?.on('error', () => undefined)
      child.stdin?.end(stdin)
    })
  }
}

/** What a module prints when it fails. */
export const moduleError = (type: string): string =>
  toXml([parent('error', [el('msg', type)], { type: escapeXml(type), object: '' })]).trim()
