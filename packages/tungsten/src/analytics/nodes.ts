import { list, structure, text, whole, yesNo } from '../decode.ts'
import type { AnalyticsApi, Uve } from './api.ts'

/** Kinds of nodes, as the analytics API names them. */
export const nodeRoles = ['vrouter', 'control-node', 'config-node', 'analytics-node', 'database-node'] as const
export type NodeRole = (typeof nodeRoles)[number]

export interface NodeHealth {
  role: NodeRole
  host: string
  healthy: boolean
  /** What is wrong, each in words for an operator; empty when healthy. */
  problems: string[]
  /** Version of the agent's build, of vRouter nodes. */
  version: string | undefined
  /** Preferred encapsulation, of vRouter nodes. */
  tunnelType: string | undefined
  /** Interfaces that are not up, of vRouter nodes. */
  downInterfaces: number
  machines: number
}

const status = structure({
  deleted: yesNo,
  process_status: list(
    structure({
      module_id: text,
      instance_id: text,
      state: text,
      description: text,
      connection_infos: list(structure({ type: text, name: text, status: text, description: text, server_addrs: list(text) })),
    }),
  ),
  process_info: list(
    structure({ process_name: text, process_state: text, start_count: whole, exit_count: whole, core_file_list: list(text) }),
  ),
})
const agent = structure({
  build_info: text,
  tunnel_type: text,
  down_interface_count: whole,
  virtual_machine_list: list(text),
  error_intf_list: list(text),
})

/**
 * The health of every node that reports, and of those that are expected and do not: a missing report means that the node, its agent or the collector is gone.
 * Healthy means that every module says `Functional` and every process runs.
 */
export async function readNodes(
  analytics: AnalyticsApi,
  expected: readonly { role: NodeRole; host: string }[] = [],
): Promise<NodeHealth[]> {
  const nodes: NodeHealth[] = []
  for (const role of nodeRoles) {
    const structs = role === 'vrouter' ? ['NodeStatus', 'VrouterAgent'] : ['NodeStatus']
    const reports = await analytics.uves(role, { structs })
    for (const { name, value } of reports) nodes.push(decodeNode(role, name, value))
  }
  for (const { role, host } of expected)
    if (!nodes.some((node) => node.role === role && node.host === host))
      nodes.push({ ...decodeNode(role, host, {}), problems: ['reports nothing'] })
  return nodes
}

export function decodeNode(role: NodeRole, host: string, uve: Uve): NodeHealth {
  const at = `${role} uve ${host}`
  const reported = uve.NodeStatus ? status(uve.NodeStatus, at) : undefined
  const about = agent(uve.VrouterAgent ?? {}, at)
  const problems = reported ? problemsOf(reported) : ['reports no status']
  return {
    role,
    host,
    healthy: problems.length === 0,
    problems,
    version: versionOf(about.build_info),
    tunnelType: about.tunnel_type ?? undefined,
    downInterfaces: about.down_interface_count ?? 0,
    machines: about.virtual_machine_list?.length ?? 0,
  }
}

function problemsOf({ deleted, process_status: modules, process_info: processes }: ReturnType<typeof status>): string[] {
  const problems: string[] = []
  if (deleted) problems.push('is gone')
  if (!modules?.length) problems.push('no module reports its state')
  for (const module of modules ?? []) {
    if (module.state === 'Functional') continue
    const broken = (module.connection_infos ?? []).filter((connection) => connection.status !== 'Up')
    const reasons = broken.map((connection) =>
      `${connection.type} ${connection.name ?? connection.server_addrs?.join(' ') ?? ''} is ${connection.status}`.replace(
        / +/g,
        ' ',
      ),
    )
    const why = [module.description, ...reasons].filter(Boolean).join('; ')
    problems.push(`${module.module_id} is ${module.state}${why === '' ? '' : `: ${why}`}`)
  }
  for (const process of processes ?? []) {
    if (process.process_state !== 'PROCESS_STATE_RUNNING') problems.push(`${process.process_name} is ${process.process_state}`)
    if (process.core_file_list?.length)
      problems.push(`${process.process_name} has left ${process.core_file_list.length} core files`)
  }
  return problems
}

/** `build_info` is JSON inside a text. */
function versionOf(buildInfo: string | null | undefined): string | undefined {
  if (!buildInfo) return undefined
  try {
    const { 'build-info': builds } = JSON.parse(buildInfo) as { 'build-info'?: { 'build-version'?: unknown }[] }
    const version = builds?.[0]?.['build-version']
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}
