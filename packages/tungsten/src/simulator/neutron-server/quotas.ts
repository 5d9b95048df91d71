import type { SimResponse } from '@straylight/kit/simulator'
import { dashed, dashless } from '../../ids.ts'
import type { Generation } from '../world.ts'
import { badRequest, hidden, json, NeutronError } from './refusals.ts'
import type { Caller, Plugin } from './plugin.ts'

/** What Neutron counts, and what the config API calls it; it does not know the others. */
const contrailNames: Record<string, string | undefined> = {
  network: 'virtual_network',
  subnet: 'subnet',
  subnetpool: undefined,
  port: 'virtual_machine_interface',
  router: 'logical_router',
  floatingip: 'floating_ip',
  security_group: 'security_group',
  security_group_rule: 'security_group_rule',
  trunk: 'virtual_port_group',
  route_table: 'route_table',
  nat_instance: undefined,
}
type Limits = Record<string, number>
type Quota = Record<string, number | null | undefined>

/**
 * Quotas are kept in the project of the config API. TF shows the default for what has none of its own and counts nothing; OpenSDN shows what is explicit and counts.
 * https://github.com/OpenSDN-io/tf-neutron-plugin/blob/a707c4d/neutron_plugin_contrail/plugins/opencontrail/quota/driver.py
 */
export class Quotas {
  readonly #plugin: Plugin
  readonly #generation: Generation

  constructor(plugin: Plugin, generation: Generation) {
    this.#plugin = plugin
    this.#generation = generation
  }

  /** `/v2.0/quotas`, `/v2.0/quotas/<project>` and what is below. */
  async answer(
    caller: Caller,
    method: string,
    project: string | undefined,
    verb: string | undefined,
    body: () => unknown,
  ): Promise<SimResponse> {
    if (project === undefined) {
      this.#adminsOnly(caller)
      if (method !== 'GET') throw new NeutronError(405, 'HTTPMethodNotAllowed', 'Method Not Allowed')
      return json(200, { quotas: await this.#all() })
    }
    if (project === 'tenant' && method === 'GET') return json(200, { tenant: { tenant_id: caller.projectId } })
    if (method !== 'GET' || project !== caller.projectId) this.#adminsOnly(caller)
    switch (`${method} ${verb ?? ''}`) {
      case 'GET ':
        return json(200, { quota: await this.#shown(project) })
      case 'GET default':
      case 'GET default.json':
        return json(200, { quota: await this.#defaults() })
      case 'GET details':
      case 'GET details.json':
        return json(200, { quota: await this.#details(project) })
      case 'PUT ':
        await this.#set(project, body())
        return json(200, { quota: await this.#shown(project) })
      case 'DELETE ':
        await this.#change(project, (quota) =>
          Object.fromEntries(Object.entries(quota).map(([name, limit]) => [name, name === 'defaults' ? limit : null])),
        )
        return { status: 204 }
      default:
        throw hidden()
    }
  }

  #adminsOnly(caller: Caller): void {
    if (!caller.isAdmin)
      throw new NeutronError(403, 'AdminRequired', 'User does not have admin privileges: Only admin can view or configure quota.')
  }

  async #quotaOf(projectId: string): Promise<Quota | undefined> {
    const path = projectPath(projectId)
    const answer = path && (await this.#plugin.read(path))
    return (answer as { project?: { quota?: Quota } } | undefined)?.project?.quota
  }

  async #explicit(projectId: string): Promise<Limits> {
    return limitsIn(await this.#quotaOf(projectId))
  }

  async #defaults(): Promise<Limits> {
    const { projects = [] } = ((await this.#plugin.read('/projects')) ?? {}) as {
      projects?: { uuid: string; fq_name: string[] }[]
    }
    const found = projects.find(({ fq_name }) => fq_name.join(':') === 'default-domain:default-project')
    const quota = found && (await this.#quotaOf(found.uuid))
    return Object.fromEntries(
      Object.entries(contrailNames).map(([name, known]) => [name, known && quota ? (quota[known] ?? quota.defaults ?? -1) : -1]),
    )
  }

  async #shown(projectId: string): Promise<Limits> {
    const explicit = await this.#explicit(projectId)
    return this.#generation === 'tf' ? { ...(await this.#defaults()), ...explicit } : explicit
  }

  async #details(projectId: string) {
    const limits = { ...(await this.#defaults()), ...(await this.#explicit(projectId)) }
    const details: Record<string, { limit: number; used: number; reserved: number }> = {}
    for (const [name, limit] of Object.entries(limits))
      details[name] = { limit, used: await this.#used(name, projectId), reserved: 0 }
    return details
  }

  async #used(name: string, projectId: string): Promise<number> {
    const known = contrailNames[name]
    if (this.#generation === 'tf' || !known || !projectPath(projectId)) return 0
    const id = dashed(projectId)
    if (known === 'subnet') return this.#countWithin('virtual-network', id, countSubnets)
    if (known === 'security_group_rule') return this.#countWithin('security-group', id, countRules)
    const type = known.replaceAll('_', '-')
    const list = await this.#plugin.read(`/${type}s?${known === 'floating_ip' ? 'back_ref_id' : 'parent_id'}=${id}`)
    return ((list?.[`${type}s`] as unknown[] | undefined) ?? []).length
  }

  async #countWithin(type: string, projectId: string, count: (object: never) => number): Promise<number> {
    const list = await this.#plugin.read(`/${type}s?parent_id=${projectId}&detail=true`)
    const objects = ((list?.[`${type}s`] as Record<string, never>[] | undefined) ?? []).map((item) => item[type] as never)
    return objects.reduce((sum, object) => sum + count(object), 0)
  }

  async #all(): Promise<(Limits | { tenant_id: string })[]> {
    const { projects = [] } = ((await this.#plugin.read('/projects')) ?? {}) as {
      projects?: { uuid: string; fq_name: string[] }[]
    }
    const quotas: (Limits | { tenant_id: string })[] = []
    for (const { uuid, fq_name } of projects) {
      if (fq_name.join(':') === 'default-domain:default-project') continue
      const explicit = await this.#explicit(uuid)
      if (Object.keys(explicit).length > 0) quotas.push({ ...explicit, tenant_id: dashless(uuid) })
    }
    return quotas
  }

  async #set(projectId: string, body: unknown): Promise<void> {
    const wish = (body as { quota?: Record<string, unknown> } | undefined)?.quota
    if (!wish || typeof wish !== 'object') throw badRequest("Unable to find 'quota' in request body")
    const unknown = Object.keys(wish).filter((name) => !(name in contrailNames))
    if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`)
    const limits = Object.entries(wish).flatMap(([name, value]): [string, number][] => {
      const limit = Number(value)
      if (!Number.isInteger(limit) || limit < -1)
        throw badRequest(`Invalid input for ${name}. Reason: '${value}' is not in valid range.`)
      const known = contrailNames[name]
      return known ? [[known, limit]] : []
    })
    await this.#change(projectId, (quota) => ({ ...quota, ...Object.fromEntries(limits) }))
  }

  async #change(projectId: string, edit: (quota: Quota) => Quota): Promise<void> {
    const path = projectPath(projectId)
    const answer = path && ((await this.#plugin.read(path)) as { project: { quota?: Quota } } | undefined)
    if (answer) await this.#plugin.update(path, { project: { quota: edit(answer.project.quota ?? {}) } })
  }
}

function projectPath(projectId: string): string | undefined {
  try {
    return `/project/${dashed(projectId)}`
  } catch {
    return undefined
  }
}

function limitsIn(quota: Quota | undefined): Limits {
  return Object.fromEntries(
    Object.entries(contrailNames).flatMap(([name, known]) => {
      const limit = known && quota?.[known]
      return typeof limit === 'number' ? [[name, limit]] : []
    }),
  )
}

const countSubnets = ({ network_ipam_refs = [] }: { network_ipam_refs?: { attr?: { ipam_subnets?: unknown[] } }[] }): number =>
  network_ipam_refs.reduce((sum, { attr }) => sum + (attr?.ipam_subnets?.length ?? 0), 0)

const countRules = ({ security_group_entries }: { security_group_entries?: { policy_rule?: unknown[] } }): number =>
  security_group_entries?.policy_rule?.length ?? 0
