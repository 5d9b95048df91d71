import { assert, type Clock, UpstreamError } from '@straylight/kit'
import type { Server as NovaServer, ScopedCloud } from '@straylight/openstack'
import { type Cloud, orAbsent } from '../foundation/cloud/index.ts'
import type { Db, Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { done, go, OrderFailed, type TaskOf, type Workflow, wait, workflow } from '../foundation/tasks/index.ts'
import { closeMeters, openMeters } from '../metering/index.ts'
import { projectById } from '../projects/index.ts'
import { computeLines } from './price.ts'
import { lockServer, serverById, type ServerRow, updateServer } from './store.ts'

const minute = 60_000
const lookAgainMs = 500
/** After this long without any sign of the change the order is given again: it was answered OK and nothing happened. */
const silentAfterMs = 30_000

interface Dependencies {
  db: Db
  cloud: Cloud
  clock: Clock
  /** Told when a system has answered OK and nothing came about. */
  noteSilence(system: string): void
}

type PowerSteps = 'order' | 'confirm'

interface Power {
  name: string
  labels: Record<PowerSteps, string>
  order(compute: ScopedCloud['compute'], novaId: string): Promise<void>
  /** Nova's status once it has come about. */
  target: 'ACTIVE' | 'SHUTOFF'
  /** Already there: nothing is ordered. */
  skipsWhenReached: boolean
  reached(tx: Tx, server: ServerRow, at: Date): Promise<void>
}

/** A change of power: ordered from Nova, and believed when Nova shows it. */
function powerWorkflow(
  { db, cloud, clock, noteSilence }: Dependencies,
  power: Power,
): Workflow<Record<string, never>, PowerSteps> {
  const look = async (task: TaskOf<unknown>) => {
    const server = await serverById(db, task.subject.id)
    assert(server?.nova_id, `server ${task.subject.id} was built`)
    const project = await projectById(db, server.project_id)
    assert(project, `project ${server.project_id} exists`)
    const { compute } = cloud.of(project)
    const found = await orAbsent(compute.servers.get(server.nova_id))
    if (!found || found.status === 'DELETED') throw new OrderFailed('server.lost', 'The server is not there any more.')
    if (found.status === 'ERROR') throw new OrderFailed('server.broken', 'The server failed on its host.')
    return { server, novaId: server.nova_id, found, compute }
  }
  const isReached = (found: NovaServer) => found.status === power.target && !found.taskState

  return workflow<Record<string, never>, PowerSteps>({
    name: power.name,
    isUrgent: power.target === 'SHUTOFF',
    path: ['order', 'confirm'],
    undo: [],
    deadlineMs: 5 * minute,
    giveUpMs: 15 * minute,
    labels: power.labels,
    steps: {
      async order(task) {
        const { novaId, found, compute } = await look(task)
        if (power.skipsWhenReached && isReached(found)) return go('confirm')
        try {
          await power.order(compute, novaId)
        } catch (error) {
          // It is there already, or on its way: what Nova shows next decides.
          if (!(error instanceof UpstreamError && error.code === 'nova.wrong_state')) throw error
        }
        return go('confirm')
      },
      async confirm(task) {
        const { server, found } = await look(task)
        if (isReached(found))
          return done(async (tx) => {
            const current = await lockServer(tx, server.id)
            if (!current || current.status === 'DELETING') return
            await power.reached(tx, server, clock.now())
            await announce(tx, { type: 'balance', id: server.account_id, accountId: server.account_id })
          })
        const silent = !found.taskState && clock.now().getTime() - task.stepStartedAt.getTime() > silentAfterMs
        if (!silent) return wait(lookAgainMs)
        noteSilence('nova')
        return go('order')
      },
    },
    /** It is what it is in the cloud, which the next look at the cloud writes; until then what it was before. */
    async failed(tx, task) {
      const server = await lockServer(tx, task.subject.id)
      if (!server || server.status === 'DELETING') return
      const status = power.name === 'server.start' ? 'STOPPED' : 'ACTIVE'
      await updateServer(tx, server, { status, reason: task.reason, recheck: true, updated_at: clock.now() })
    },
  })
}

/** A stopped server is free of vCPU and RAM from the moment that it is seen stopped. */
export const stopServer = (dependencies: Dependencies) =>
  powerWorkflow(dependencies, {
    name: 'server.stop',
    labels: { order: 'Shutting down', confirm: 'Waiting until it is off' },
    order: (compute, novaId) => compute.servers.stop(novaId),
    target: 'SHUTOFF',
    skipsWhenReached: true,
    reached: writeStopped,
  })

export const startServer = (dependencies: Dependencies) =>
  powerWorkflow(dependencies, {
    name: 'server.start',
    labels: { order: 'Switching on', confirm: 'Waiting until it runs' },
    order: (compute, novaId) => compute.servers.start(novaId),
    target: 'ACTIVE',
    skipsWhenReached: true,
    reached: writeStarted,
  })

export const rebootServer = (dependencies: Dependencies) =>
  powerWorkflow(dependencies, {
    name: 'server.reboot',
    labels: { order: 'Rebooting', confirm: 'Waiting until it runs' },
    order: (compute, novaId) => compute.servers.reboot(novaId, 'soft'),
    target: 'ACTIVE',
    skipsWhenReached: false,
    reached: (tx, server, at) => updateServer(tx, server, { status: 'ACTIVE', reason: null, updated_at: at }),
  })

export async function writeStopped(tx: Tx, server: ServerRow, at: Date): Promise<void> {
  await closeMeters(tx, { resourceId: [server.id], at })
  await updateServer(tx, server, { status: 'STOPPED', reason: null, updated_at: at })
}

export async function writeStarted(tx: Tx, server: ServerRow, at: Date): Promise<void> {
  await openMeters(tx, {
    accountId: server.account_id,
    projectId: server.project_id,
    resource: { type: 'server', id: server.id, name: server.name },
    lines: computeLines(server),
    at,
  })
  await updateServer(tx, server, { status: 'ACTIVE', reason: null, updated_at: at })
}
