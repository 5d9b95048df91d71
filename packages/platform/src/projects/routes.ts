import { routes } from '@straylight/api'
import { conflict, microsToNumber, newId, notFound } from '@straylight/kit'
import type { Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { type Handler, handle } from '../foundation/handler.ts'
import { pageOf } from '../foundation/lists.ts'
import { registerResources } from '../foundation/resources.ts'
import type { TaskEngine, Workflow } from '../foundation/tasks/index.ts'
import { consumptionOf, hoursPerMonth } from '../metering/index.ts'
import { projectById, projectsOf, toApi } from './store.ts'

const projectsPerAccount = 20

export interface Projects {
  /** Writes a project and orders its place in the cloud. */
  create(
    tx: Tx,
    order: { accountId: string; name: string; description: string; now: Date },
  ): Promise<{ id: string; taskId: string }>
  /** Orders that place again after it had failed. */
  prepareAgain(tx: Tx, projectId: string): Promise<void>
}

export function createProjects(engine: TaskEngine, prepare: Workflow<Record<string, never>, string>): Projects {
  const order = (tx: Tx, project: { id: string; name: string; accountId: string }) =>
    engine.start(tx, prepare, {
      subject: { type: 'project', id: project.id, name: project.name },
      accountId: project.accountId,
      projectId: project.id,
      input: {},
    })
  return {
    async create(tx, { accountId, name, description, now }) {
      const id = newId()
      await tx
        .insertInto('project')
        .values({
          id,
          account_id: accountId,
          name,
          description,
          status: 'preparing',
          reason: null,
          created_at: now,
          cloud_project_id: null,
          network_id: null,
          subnet_id: null,
          router_id: null,
          security_group_id: null,
        })
        .execute()
      await registerResources(tx, 'project', { project_id: id, account_id: accountId }, [id])
      const taskId = await order(tx, { id, name, accountId })
      await announce(tx, { type: 'project', id, accountId, projectId: id })
      return { id, taskId }
    },
    async prepareAgain(tx, projectId) {
      const project = await tx
        .selectFrom('project')
        .selectAll()
        .where('id', '=', projectId)
        .where('status', '=', 'failed')
        .forUpdate()
        .executeTakeFirst()
      if (!project) return
      await tx.updateTable('project').set({ status: 'preparing', reason: null }).where('id', '=', projectId).execute()
      await order(tx, { id: projectId, name: project.name, accountId: project.account_id })
    },
  }
}

export function projectRoutes(projects: Projects): Handler[] {
  return [
    handle(routes.projectsList, async ({ db, caller, query }) => ({
      data: pageOf((await projectsOf(db, caller.accountId)).map(toApi), query),
    })),

    handle(routes.projectsCreate, async ({ tx, caller, body, clock }) => {
      const existing = await projectsOf(tx, caller.accountId)
      if (existing.length >= projectsPerAccount)
        throw conflict('project.too_many', `An account has ${projectsPerAccount} projects at most.`, {
          description: 'Support can raise this limit.',
        })
      const { id, taskId } = await projects.create(tx, {
        accountId: caller.accountId,
        name: body.display_name ?? `project-${existing.length + 1}`,
        description: body.description ?? '',
        now: clock.now(),
      })
      return { data: { result: { id } }, taskId }
    }),

    handle(routes.projectsDetail, async ({ db, params }) => {
      const project = await projectById(db, params.project_id)
      if (!project) throw notFound('project.unknown', 'This project is gone.')
      return { data: { result: toApi(project) } }
    }),

    handle(routes.projectsConsumption, async ({ db, params }) => {
      const result = (await consumptionOf(db, { projectId: params.project_id })).map(({ sku, quantity, hourMicros }) => ({
        name: sku,
        amount: quantity,
        amount_active: quantity,
        cost: { hour: microsToNumber(hourMicros), month: microsToNumber(hourMicros * hoursPerMonth) },
      }))
      return { data: { count: result.length, result } }
    }),
  ]
}
