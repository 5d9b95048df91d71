import { type Answer, type Call, document, formAnswer, listAnswer, ok, okWithId, type PanelFunction } from '../call.ts'
import { el } from '../element.ts'
import type { Operation, ProcessingModule, Task } from '../entities.ts'
import { badValue, missing } from '../refusal.ts'
import { dayAfter, shownMoment } from '../world.ts'
import { itemOf } from './services.ts'

function operationOf(call: Call): Operation {
  const operation = call.thing('operation')
  if (!operation) throw missing('elid')
  return operation
}

function taskOf(call: Call): Task {
  const task = call.thing('task')
  if (!task) throw missing('elid')
  return task
}

function moduleOf(call: Call): ProcessingModule {
  const module = call.thing('module')
  if (!module) throw missing('elid')
  return module
}

/** A module's callback: sets the status and deletes the running operation. All known callers are root on the panel's host. */
const callback = (command: string): PanelFunction => ({
  level: 30,
  run(call) {
    call.panel.engine.post(itemOf(call).id, command)
    return ok()
  },
})

const statusOf = ({ manual, error, dueAt }: Operation): string =>
  manual ? 'manual' : error !== '' ? 'error' : dueAt === undefined ? 'running' : 'waiting'

export const operationFunctions: Record<string, PanelFunction> = {
  runningoperation: {
    level: 28,
    run: (call) =>
      listAnswer(
        call,
        call.world.store.seen('operation').map((operation) => ({
          id: operation.id,
          desc: operation.command,
          item: operation.itemId,
          itemtype: call.world.catalogue.itemtype,
          client: call.world.store.get('item', operation.itemId)?.accountId ?? '',
          cdate: shownMoment(operation.createdAt),
          trycount: String(operation.tries),
          processingmodule: operation.moduleId,
          task: call.world.store.find('task', ({ operationId }) => operationId === operation.id)?.id ?? '',
          manual: operation.manual ? 'on' : 'off',
          status: statusOf(operation),
        })),
      ),
  },

  'runningoperation.edit': {
    level: 28,
    isForm: true,
    fields: ['errorxml', 'manual'],
    run(call) {
      const operation = operationOf(call)
      if (!call.sent)
        return formAnswer({
          elid: operation.id,
          errorxml: operation.error,
          manual: operation.manual ? 'on' : 'off',
          trycount: String(operation.tries),
        })
      const error = call.has('errorxml') ? call.param('errorxml') : operation.error
      const changed = call.world.store.put('operation', {
        ...operation,
        error,
        history: error === operation.error ? operation.history : [...operation.history, error].slice(-20),
      })
      if (call.param('manual') === 'on') call.panel.engine.setManual(changed)
      else if (call.param('manual') === 'off') call.panel.engine.rerun(changed)
      return ok()
    },
  },

  'runningoperation.setmanual': {
    level: 28,
    run(call) {
      call.panel.engine.setManual(operationOf(call))
      return ok()
    },
  },

  'runningoperation.delete': {
    level: 28,
    run(call) {
      call.world.store.remove('operation', operationOf(call).id)
      return ok()
    },
  },

  'runningoperation.errorhistory': {
    level: 28,
    run: (call) =>
      listAnswer(
        call,
        operationOf(call).history.map((error, index) => ({ id: String(index + 1), error })),
      ),
  },

  'runningoperation.taskcreate': {
    level: 28,
    run(call) {
      const operation = operationOf(call)
      return okWithId(call.panel.engine.task(operation, call.world.catalogue.taskTypes[operation.command] ?? '1'))
    },
  },

  task: {
    level: 28,
    run: (call) =>
      listAnswer(
        call,
        call.world.store
          .seen('task')
          .filter(({ closed }) => !closed)
          .map((task) => ({
            id: task.id,
            item: task.itemId,
            runningoperation: task.operationId,
            type: task.type,
            cdate: shownMoment(task.createdAt),
            params: task.parameters,
          })),
      ),
  },

  'task.gettype': {
    level: 28,
    run: (call) => document(el('task_type', call.world.catalogue.taskTypes[call.param('operation')] ?? '')),
  },

  'task.edit': {
    level: 28,
    isForm: true,
    fields: ['item', 'runningoperation', 'type', 'params'],
    run(call) {
      if (!call.sent) return formAnswer({ item: '', runningoperation: '', type: '' })
      const operation = call.world.store.get('operation', call.idParam('runningoperation'))
      if (!operation) throw badValue('runningoperation', call.param('runningoperation'))
      return okWithId(call.panel.engine.task(operation, call.param('type'), call.param('params')))
    },
  },

  'task.delete': {
    level: 28,
    run(call) {
      call.world.store.put('task', { ...taskOf(call), closed: true })
      return ok()
    },
  },

  'service.postopen': callback('open'),
  'service.postsuspend': callback('suspend'),
  'service.postresume': callback('resume'),
  'service.postclose': callback('close'),
  'service.postsetparam': callback('setparam'),
  'service.postprolong': callback('prolong'),

  'service.saveparam': {
    level: 28,
    fields: ['crypted'],
    run(call) {
      const item = itemOf(call)
      const name = call.required('name')
      call.world.store.put('item', { ...item, parameters: { ...item.parameters, [name]: call.param('value') } })
      return ok()
    },
  },

  'service.setstatus': {
    level: 28,
    run(call) {
      const item = itemOf(call)
      const status = call.param('service_status')
      call.world.store.put('item', { ...item, parameters: { ...item.parameters, service_status: status } })
      return ok()
    },
  },

  'service.setexpiredate': {
    level: 28,
    run(call) {
      call.world.store.put('item', { ...itemOf(call), expiresOn: call.param('expiredate') })
      return ok()
    },
  },

  'service.prolong': {
    level: 16,
    isForm: true,
    fields: ['period'],
    run(call) {
      const item = itemOf(call)
      if (!call.sent) return formAnswer({ elid: item.id, period: item.period })
      call.panel.engine.start(item, 'prolong')
      return ok()
    },
  },

  'service.stat': {
    level: 16,
    run(call) {
      const item = itemOf(call)
      return listAnswer(
        call,
        call.world.store
          .seen('statistic')
          .filter(({ itemId }) => itemId === item.id)
          .map((row) => ({
            id: row.id,
            statdate: row.day,
            param: row.param,
            value: call.world.exact(row.value),
            measure: row.measure,
          })),
      )
    },
  },

  'service.statdaily': {
    level: 30,
    fields: ['item', 'statdate'],
    run(call) {
      call.panel.daily.statDaily(itemOf(call, 'item'), call.param('statdate'))
      return ok()
    },
  },

  'service.billdaily': {
    level: 30,
    fields: ['item', 'from'],
    run(call) {
      call.panel.daily.billDaily(itemOf(call, 'item'))
      return ok()
    },
  },

  'service.autosuspend': {
    level: 30,
    fields: ['item', 'stat'],
    run(call) {
      call.panel.daily.autosuspend(itemOf(call, 'item'))
      return ok()
    },
  },

  processing: {
    level: 28,
    run: (call) =>
      listAnswer(
        call,
        call.world.store
          .seen('module')
          .map(({ id, name, module }) => ({ id, name, module, status: 'active', orderpriority: '1' })),
      ),
  },

  /** The module's own settings, as its form shows them; the vendor's PHP module reads them so. */
  'processing.edit': {
    level: 28,
    isForm: true,
    fields: ['name', 'base_url', 'token'],
    run(call) {
      const module = moduleOf(call)
      if (!call.sent) return formAnswer({ elid: module.id, name: module.name, module: module.module, ...module.parameters })
      call.world.store.put('module', {
        ...module,
        name: call.param('name') || module.name,
        parameters: { ...module.parameters, ...call.fields(['name']) },
      })
      return ok()
    },
  },

  'problems.register': {
    level: 28,
    fields: ['name'],
    run(call) {
      const { store } = call.world
      store.put('problem', { id: store.nextId('problem'), name: call.param('name'), at: call.world.now().toISOString() })
      return ok()
    },
  },

  problems: {
    level: 28,
    run: (call) =>
      listAnswer(
        call,
        call.world.store.seen('problem').map(({ id, name, at }) => ({ id, name, date: shownMoment(at) })),
      ),
  },

  // The panel's Python library writes statistics to the database by itself; over HTTP that has no name. These two stand for it, for root only.
  'simulator.insert_stat': {
    level: 30,
    fields: ['item', 'date', 'param', 'value', 'measure'],
    run: insertStatistic,
  },
  'simulator.poststat': { level: 30, fields: ['module', 'date'], run: announceDay },
}

function insertStatistic(call: Call): Answer {
  const { store } = call.world
  const item = itemOf(call, 'item')
  const day = call.param('date').slice(0, 10)
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,6}))?\d*$/.exec(call.param('value')) ?? []
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || dayAfter(day, 0) !== day) throw badValue('date', day)
  if (whole === undefined) throw badValue('value', call.param('value'))
  const value = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  // Rows of the same day are added together.
  store.put('statistic', {
    id: store.nextId('statistic'),
    itemId: item.id,
    day,
    param: call.param('param'),
    value,
    measure: call.param('measure'),
    announced: false,
    billed: false,
  })
  return ok()
}

/** The rows of a day that are there by now are complete. Rows of the same day that come later are announced again. */
function announceDay(call: Call): Answer {
  const { store } = call.world
  const module = call.thing('module', 'module')
  if (!module) throw missing('elid')
  const day = call.param('date').slice(0, 10)
  for (const row of store.all('statistic'))
    if (row.day === day && !row.announced) store.put('statistic', { ...row, announced: true })
  return ok()
}
