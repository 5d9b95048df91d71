import { z } from 'zod'
import { displayName, id, idResponse, list, listQuery, projectParams, result, text, time } from '../common.ts'
import { route } from '../route.ts'

const project = z
  .object({
    id,
    name: z.string(),
    display_name: z.string(),
    description: z.string(),
    status: z.string(),
    switch_status: z.enum(['ON', 'OFF']),
    stopping_reason: z.string().optional(),
    has_abuse: z.boolean(),
    created: time,
  })
  .meta({ id: 'ProjectDetail' })
export type Project = z.output<typeof project>

const cost = z.object({ hour: z.number(), month: z.number() }).meta({ id: 'Cost' })
const consumption = z
  .object({ name: z.string(), amount: z.number(), amount_active: z.number(), cost })
  .meta({ id: 'Consumption' })

export const projectRoutes = {
  projectsList: route({
    name: 'projectsList',
    method: 'GET',
    path: '/v2/projects',
    permission: 'account',
    audit: 'project.list',
    summary: 'My projects',
    tag: 'projects',
    query: listQuery,
    response: list(project),
    status: 200,
  }),
  projectsCreate: route({
    name: 'projectsCreate',
    method: 'POST',
    path: '/v2/projects',
    permission: 'account',
    audit: 'project.create',
    summary: 'Make a project',
    tag: 'projects',
    body: z.object({
      display_name: displayName(100).optional(),
      description: text().max(1000).optional(),
      limit_name: z.int().optional(),
    }),
    response: idResponse,
    status: 201,
  }),
  projectsDetail: route({
    name: 'projectsDetail',
    method: 'GET',
    path: '/v2/projects/{project_id}/detail',
    permission: 'project',
    subject: 'project',
    audit: 'project.read',
    summary: 'One project',
    tag: 'projects',
    params: projectParams,
    response: result(project),
    status: 200,
  }),
  projectsConsumption: route({
    name: 'projectsConsumption',
    method: 'GET',
    path: '/v2/projects/{project_id}/consumption',
    permission: 'project',
    subject: 'project',
    audit: 'project.consumption',
    summary: 'What the project uses now, by kind of resource, and what that costs',
    tag: 'projects',
    params: projectParams,
    response: list(consumption),
    status: 200,
  }),
}
