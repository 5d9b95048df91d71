import { z } from 'zod'
import {
  decimal,
  displayName,
  empty,
  id,
  idParams,
  idResponse,
  list,
  listQuery,
  projectParams,
  result,
  text,
  time,
} from '../common.ts'
import { route } from '../route.ts'

/** Limits of one order. Sizes in GiB. */
export const serverLimits = { vcpus: 64, ramGib: 512, storageGib: 4096, storages: 8, keypairs: 10, userDataBytes: 65_535 }

export const serverStatuses = ['BUILDING', 'ACTIVE', 'STARTING', 'STOPPING', 'STOPPED', 'REBOOTING', 'DELETING', 'ERROR'] as const
export type ServerStatus = (typeof serverStatuses)[number]

const hostname = displayName(63).regex(
  /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
  'a server name has letters, digits, dots and hyphens, and begins and ends with a letter or digit',
)

export const serverCreateBody = z
  .object({
    name: hostname,
    image: id.optional().meta({ description: 'The image to install on the system volume' }),
    flavor: z.object({
      vcpus: z.int().min(1).max(serverLimits.vcpus),
      ram: z.int().min(1).max(serverLimits.ramGib).meta({ description: 'GiB' }),
      cpu_type: z.literal('shared', 'the CPU type shared is offered').optional(),
    }),
    storages: z
      .array(
        z.object({
          size: z.int().min(1).max(serverLimits.storageGib).meta({ description: 'GiB' }),
          bootable: z.boolean().default(false),
          storage_type: z.enum(['volume', 'local']).default('volume'),
        }),
      )
      .min(1, 'a server needs one storage at least, its system volume')
      .max(serverLimits.storages),
    addresses: z
      .array(
        z.object({
          external: z.boolean().default(true),
          version: z.union([z.literal(4), z.literal(6)]).default(4),
          ddos_protection: z.boolean().default(false),
          bandwidth_max_mbps: z
            .literal(100, 'addresses of 100 Mbit/s are offered')
            .optional()
            .meta({ description: 'Mbit/s; what is agreed, not a limit that the network keeps' }),
          address_id: id.optional(),
        }),
      )
      .max(1, 'one address at most can be ordered with a server')
      .default([]),
    keypairs: z.array(id).max(serverLimits.keypairs).default([]),
    user_data: text().max(serverLimits.userDataBytes).optional().meta({ description: 'cloud-init user data' }),
    recipe: text().optional(),
    volume: id.optional(),
    licenses: z.array(z.object({ addon: text(), name: text() })).optional(),
  })
  .meta({ id: 'ServerCreate' })
export type ServerCreate = z.output<typeof serverCreateBody>

const operationSystem = z
  .object({ distribution: z.string(), os_family: z.string(), version: z.string() })
  .meta({ id: 'OperationSystem' })

const server = z
  .object({
    id,
    name: z.string(),
    project: id,
    status: z.enum(serverStatuses),
    switch_status: z.enum(['ON', 'OFF']),
    created_in: time,
    datacenter: z.string(),
    flavor: z.object({ vcpus: z.int(), ram: z.int(), cpu_type: z.string(), disk: z.int().optional() }),
    image: z.object({ min_disk: z.int(), min_ram: z.int(), operation_system: operationSystem }).optional(),
    addresses: z.array(id),
    primary_address: z.string().optional().meta({ description: 'The id of the address that it is reached by' }),
    disk_data: z.array(z.object({ id, storage_type: z.string() })),
    snapshots: z.array(id),
    guest_agent: z.boolean(),
    rescue_mode: z.string(),
    admin_key_status: z.string(),
    reason: z.string().optional().meta({ description: 'Why it is in ERROR, in plain words' }),
    task: z
      .object({ id, workflow: z.string(), step: z.int(), steps: z.int(), state: z.string() })
      .optional()
      .meta({ description: 'What is being done to it now' }),
    ip: z.array(z.string()).meta({ description: 'Its addresses in text, public ones first' }),
    price: z.object({ hour: decimal, month: decimal }).meta({ description: 'What it costs in its present state' }),
  })
  .meta({ id: 'Server' })
export type Server = z.output<typeof server>

const serverSummary = server

const configDep = z
  .object({
    dependencies: z.array(z.object({ min_dependent: z.int(), value: z.int() })),
    dependent: z.string(),
    dependent_measure: z.string(),
    max_target_value: z.int(),
    min_target_value: z.int(),
    target: z.string(),
    target_measure: z.string(),
  })
  .meta({ id: 'ConfigDep' })

const price = z
  .object({
    currency: z.string(),
    hour: decimal,
    month: decimal,
    lines: z.array(z.object({ sku: z.string(), quantity: z.int(), unit: z.string(), hour: decimal, month: decimal })),
    zero_at: time
      .nullable()
      .meta({ description: 'When the balance would end with this server; null when it would not within ten years' }),
    zero_at_now: time.nullable().meta({ description: 'When it ends without it' }),
  })
  .meta({ id: 'Price' })
export type Price = z.output<typeof price>

const action = (name: string, path: string, audit: string, summary: string) =>
  ({
    name,
    method: 'POST',
    path,
    permission: 'project',
    subject: 'server',
    audit,
    summary,
    tag: 'servers',
    params: idParams,
    response: empty,
    status: 202,
  }) as const

export const serverRoutes = {
  serversList: route({
    name: 'serversList',
    method: 'GET',
    path: '/v2/projects/{project_id}/servers',
    permission: 'project',
    subject: 'project',
    audit: 'server.list',
    summary: 'Servers of a project',
    tag: 'servers',
    params: projectParams,
    query: listQuery,
    response: list(serverSummary),
    status: 200,
  }),
  serversCreate: route({
    name: 'serversCreate',
    method: 'POST',
    path: '/v2/projects/{project_id}/servers',
    permission: 'project',
    subject: 'project',
    audit: 'server.create',
    summary: 'Order a server; it is charged from the moment that it runs',
    tag: 'servers',
    params: projectParams,
    body: serverCreateBody,
    response: idResponse,
    status: 202,
  }),
  serversPrice: route({
    name: 'serversPrice',
    method: 'POST',
    path: '/v2/projects/{project_id}/servers/price',
    permission: 'project',
    subject: 'project',
    audit: 'server.price',
    summary: 'What an order would cost: the very computation that the order uses',
    tag: 'servers',
    params: projectParams,
    body: serverCreateBody,
    response: result(price),
    status: 200,
  }),
  serversRelatedResources: route({
    name: 'serversRelatedResources',
    method: 'GET',
    path: '/v2/projects/{project_id}/servers/related-resources',
    permission: 'project',
    subject: 'project',
    audit: 'server.related_resources',
    summary: 'Which RAM goes with which number of vCPUs',
    tag: 'servers',
    params: projectParams,
    response: list(configDep),
    status: 200,
  }),
  serversDetail: route({
    name: 'serversDetail',
    method: 'GET',
    path: '/v2/servers/{id}/detail',
    permission: 'project',
    subject: 'server',
    audit: 'server.read',
    summary: 'One server',
    tag: 'servers',
    params: idParams,
    response: result(server),
    status: 200,
  }),
  serversRename: route({
    name: 'serversRename',
    method: 'PATCH',
    path: '/v2/servers/{id}',
    permission: 'project',
    subject: 'server',
    audit: 'server.rename',
    summary: 'Rename a server',
    tag: 'servers',
    params: idParams,
    body: z.object({ name: hostname }),
    response: empty,
    status: 200,
  }),
  serversDelete: route({
    name: 'serversDelete',
    method: 'DELETE',
    path: '/v2/servers/{id}',
    permission: 'project',
    subject: 'server',
    audit: 'server.delete',
    summary: 'Delete a server and its system volume; further volumes and addresses only when asked',
    tag: 'servers',
    params: idParams,
    body: z
      .object({
        delete_volumes: z.union([z.literal('all'), z.array(id)]).optional(),
        delete_addresses: z.union([z.literal('all'), z.array(id)]).optional(),
        clear_fstab: z.boolean().optional(),
      })
      .optional(),
    response: undefined,
    status: 204,
  }),
  serversStart: route(action('serversStart', '/v2/servers/{id}/start', 'server.start', 'Start a stopped server')),
  serversStop: route(
    action('serversStop', '/v2/servers/{id}/stop', 'server.stop', 'Stop a server: vCPU and RAM are free until it starts again'),
  ),
  serversReboot: route(action('serversReboot', '/v2/servers/{id}/reboot', 'server.reboot', 'Reboot a running server')),
  serversConsole: route({
    name: 'serversConsole',
    method: 'POST',
    path: '/v2/servers/{id}/console',
    permission: 'project',
    subject: 'server',
    audit: 'server.console',
    summary: 'A one-time address of its graphical console',
    tag: 'servers',
    params: idParams,
    response: z.object({ console: z.object({ type: z.string(), url: z.string() }) }),
    status: 200,
    slow: true,
    kept: 'nothing',
  }),
  serversConsoleLog: route({
    name: 'serversConsoleLog',
    method: 'GET',
    path: '/v2/servers/{id}/console-log',
    permission: 'project',
    subject: 'server',
    audit: 'server.console_log',
    summary: 'The last lines that it wrote to its serial console',
    tag: 'servers',
    params: idParams,
    query: z.object({ lines: z.coerce.number().int().min(1).max(1000).default(200) }),
    response: result(z.object({ text: z.string(), truncated: z.boolean() })),
    status: 200,
  }),
}
