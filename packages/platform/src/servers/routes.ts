import { routes, type Rule, type ServerCreate, serverCan, type ServerStatus } from '@straylight/api'
import { CallerError, type Clock, conflict, formatMicros, invalid, newId, notFound, paymentRequired } from '@straylight/kit'
import { addressesOfServer, insertAddresses, updateAddress } from '../addresses/index.ts'
import { imageById, ramRange, sizeDependencies } from '../catalogue/index.ts'
import type { Cloud } from '../foundation/cloud/index.ts'
import type { Db, Tx } from '../foundation/db.ts'
import { type Handler, handle } from '../foundation/handler.ts'
import { pageOfRows } from '../foundation/lists.ts'
import type { Secrets } from '../foundation/secrets.ts'
import { lockOpenTasks, type TaskEngine, type Workflow } from '../foundation/tasks/index.ts'
import { keypairsOfProject } from '../keypairs/index.ts'
import { balanceOf, balanceWith, lockAccount, placeHold } from '../ledger/index.ts'
import { closeMeters, currentPrices, holdMicros, rate, renameOnBill } from '../metering/index.ts'
import { projectById, type Projects } from '../projects/index.ts'
import { insertVolumes, updateVolume, volumesOfServer } from '../volumes/index.ts'
import type { DeleteInput } from './delete.ts'
import { encodedBytes, mostEncodedBytes } from './guest.ts'
import { orderLines } from './price.ts'
import { describeServers } from './server.ts'
import { insertServer, lockServer, serverById, type ServerRow, serversOfProject, updateServer } from './store.ts'

const serversPerProject = 1000
const holdExpiresMs = 24 * 3_600_000
const consoleLogBytes = 64 * 1024
const consoleTimeoutMs = 10_000

export interface ServerWorkflows {
  create: Workflow<Record<string, never>, string>
  delete: Workflow<DeleteInput, string>
  start: Workflow<Record<string, never>, string>
  stop: Workflow<Record<string, never>, string>
  reboot: Workflow<Record<string, never>, string>
}

export interface ServerRouteDependencies {
  engine: TaskEngine
  cloud: Cloud
  clock: Clock
  secrets: Secrets
  projects: Projects
  workflows: ServerWorkflows
}

export function serverRoutes({ engine, cloud, secrets, projects, workflows }: ServerRouteDependencies): Handler[] {
  const taskOf = (server: ServerRow) => ({
    subject: { type: 'server', id: server.id, name: server.name },
    accountId: server.account_id,
    projectId: server.project_id,
  })

  /** An action that a task carries out: refused by the rule that buttons explain themselves with. */
  async function act(
    tx: Tx,
    id: string,
    rule: Rule<ServerStatus>,
    status: ServerStatus,
    switched: 'ON' | 'OFF',
    workflow: Workflow<Record<string, never>, string>,
    at: Date,
  ) {
    const server = await lockServer(tx, id)
    if (!server) throw unknownServer()
    const refusal = rule.reason(server)
    if (refusal) throw conflict(refusal.code, `${server.name}: ${refusal.message}.`, { description: 'Nothing was changed.' })
    await updateServer(tx, server, { status, switch_status: switched, reason: null, updated_at: at })
    return engine.start(tx, workflow, { ...taskOf(server), input: {} })
  }

  return [
    handle(routes.serversList, async ({ db, params, query }) => ({
      data: await pageOfRows(await serversOfProject(db, params.project_id), query, (rows) => describeServers(db, rows)),
    })),

    handle(routes.serversDetail, async ({ db, params }) => {
      const server = await serverById(db, params.id)
      if (!server) throw unknownServer()
      const [described] = await describeServers(db, [server])
      if (!described) throw unknownServer()
      return { data: { result: described } }
    }),

    handle(routes.serversRelatedResources, async () => {
      const result = sizeDependencies()
      return { data: { count: result.length, result } }
    }),

    handle(routes.serversPrice, async ({ tx: db, params, body, project, clock }) => {
      const at = clock.now()
      await checkOrder(db, params.project_id, body)
      const balance = await balanceOf(db, project.accountId, at)
      const price = rate(await currentPrices(db, at, balance.currency), orderLines(body))
      const withOrder = await balanceWith(db, project.accountId, at, price.lines)
      return {
        data: {
          result: {
            currency: balance.currency,
            hour: formatMicros(price.hourMicros),
            month: formatMicros(price.monthMicros),
            lines: price.lines.map((line) => ({
              sku: line.sku,
              quantity: line.quantity,
              unit: line.unit,
              hour: formatMicros(line.hourMicros),
              month: formatMicros(line.monthMicros),
            })),
            zero_at: withOrder.zeroAt?.toISOString() ?? null,
            zero_at_now: balance.zeroAt?.toISOString() ?? null,
          },
        },
      }
    }),

    handle(routes.serversCreate, async ({ tx, params, body, project, clock }) => {
      const at = clock.now()
      await checkOrder(tx, params.project_id, body)
      await checkRoom(tx, params.project_id)
      const { currency } = await lockAccount(tx, project.accountId)
      const price = rate(await currentPrices(tx, at, currency), orderLines(body))
      const id = newId()
      const holdId = await placeHold(tx, {
        accountId: project.accountId,
        amountMicros: holdMicros(price),
        subject: { type: 'server', id },
        at,
        expiresAt: new Date(at.getTime() + holdExpiresMs),
      })
      const server: ServerRow = {
        id,
        project_id: params.project_id,
        account_id: project.accountId,
        name: body.name,
        status: 'BUILDING',
        switch_status: 'ON',
        vcpus: body.flavor.vcpus,
        ram_gib: body.flavor.ram,
        image_id: body.image ?? null,
        keypair_ids: body.keypairs,
        user_data: body.user_data === undefined ? null : secrets.seal('user_data', body.user_data),
        hold_id: holdId,
        nova_id: null,
        port_id: null,
        private_ip: null,
        recheck: false,
        reason: null,
        created_at: at,
        updated_at: at,
        deleted_at: null,
      }
      await insertServer(tx, server)
      await writeParts(tx, server, body)
      await projects.prepareAgain(tx, params.project_id)
      const taskId = await engine.start(tx, workflows.create, { ...taskOf(server), input: {} })
      return { data: { result: { id } }, taskId }
    }),

    handle(routes.serversRename, async ({ tx, params, body, clock }) => {
      const server = await lockServer(tx, params.id)
      if (!server) throw unknownServer()
      const refusal = serverCan.rename.reason(server)
      if (refusal) throw conflict(refusal.code, refusal.message)
      await updateServer(tx, server, { name: body.name, updated_at: clock.now() })
      await renameOnBill(tx, { resourceId: server.id, name: body.name })
      return { data: {} }
    }),

    handle(routes.serversDelete, async ({ tx, params, body, clock }) => {
      const at = clock.now()
      const server = await lockServer(tx, params.id)
      if (!server) throw unknownServer()
      const open = await lockOpenTasks(tx, server.id)
      if (server.status === 'DELETING') return { data: undefined, ...(open[0] ? { taskId: open[0].id } : {}) }
      const volumes = await volumesOfServer(tx, server.id)
      const addresses = await addressesOfServer(tx, server.id)
      refuseUnknown(body, { volumes, addresses })
      const input: DeleteInput = {
        volumes: volumes.filter((volume) => volume.undetachable || chosen(body?.delete_volumes, volume.id)).map(({ id }) => id),
        addresses: addresses.filter((address) => chosen(body?.delete_addresses, address.id)).map(({ id }) => id),
      }
      // Charges end with the order: how long the tear-down takes is our affair.
      await closeMeters(tx, { resourceId: [server.id, ...input.volumes, ...input.addresses], at })
      for (const id of input.volumes) await updateVolume(tx, id, { status: 'DELETING', updated_at: at })
      for (const id of input.addresses) await updateAddress(tx, id, { status: 'DELETING', updated_at: at })
      await updateServer(tx, server, { status: 'DELETING', switch_status: 'OFF', updated_at: at })
      const create = open.find((task) => task.workflow === workflows.create.name)
      for (const task of open) await engine.cancel(tx, task.id, 'The server was deleted.')
      const taskId = create?.id ?? (await engine.start(tx, workflows.delete, { ...taskOf(server), input }))
      return { data: undefined, taskId }
    }),

    handle(routes.serversStart, async ({ tx, params, project, clock }) => {
      const at = clock.now()
      const balance = await balanceOf(tx, project.accountId, at)
      if (balance.availableMicros <= 0n)
        throw paymentRequired('balance.too_low', 'The balance is empty.', {
          description: 'Top up, then start the server.',
          facts: { have: formatMicros(balance.availableMicros), need: '0.01' },
        })
      return { data: {}, taskId: await act(tx, params.id, serverCan.start, 'STARTING', 'ON', workflows.start, at) }
    }),
    handle(routes.serversStop, async ({ tx, params, clock }) => ({
      data: {},
      taskId: await act(tx, params.id, serverCan.stop, 'STOPPING', 'OFF', workflows.stop, clock.now()),
    })),
    handle(routes.serversReboot, async ({ tx, params, clock }) => ({
      data: {},
      taskId: await act(tx, params.id, serverCan.reboot, 'REBOOTING', 'ON', workflows.reboot, clock.now()),
    })),

    handle(routes.serversConsole, async ({ db, params }) => {
      const { novaId, compute } = await running(db, params.id, serverCan.console)
      const console = await inTime(compute.servers.remoteConsole(novaId, 'novnc'))
      return { data: { console: { type: console.type, url: console.url } } }
    }),

    handle(routes.serversConsoleLog, async ({ db, params, query }) => {
      const { novaId, compute } = await running(db, params.id, serverCan.consoleLog)
      const log = await inTime(compute.servers.consoleLog(novaId, { lines: query.lines }))
      const text = log.slice(-consoleLogBytes)
      return { data: { result: { text, truncated: text.length < log.length } } }
    }),
  ]

  async function running(db: Db, id: string, rule: Rule<ServerStatus>) {
    const server = await serverById(db, id)
    if (!server) throw unknownServer()
    const refusal = rule.reason(server)
    if (refusal || !server.nova_id)
      throw conflict(refusal?.code ?? 'server.not_built', refusal?.message ?? 'The server has not been built yet.', {
        description: 'Try again once it runs.',
      })
    const project = await projectById(db, server.project_id)
    if (!project) throw unknownServer()
    return { novaId: server.nova_id, compute: cloud.of(project).compute }
  }
}

/** A console is asked of the cloud while a person waits, so it answers in time or not at all. */
async function inTime<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new CallerError('conflict', 'console.not_available', 'The console does not answer now.', {
            description: 'Try again in a minute. The server itself is not affected.',
          }),
        ),
      consoleTimeoutMs,
    )
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A choice that names what the server has not would be passed over in silence, and somebody would go on paying for it. */
function refuseUnknown(
  body: { delete_volumes?: 'all' | string[] | undefined; delete_addresses?: 'all' | string[] | undefined } | undefined,
  has: { volumes: { id: string }[]; addresses: { id: string }[] },
): void {
  const fields = (['volumes', 'addresses'] as const).flatMap((kind) => {
    const choice = body?.[`delete_${kind}`]
    const unknown = Array.isArray(choice) ? choice.filter((id) => !has[kind].some((part) => part.id === id)) : []
    return unknown.map((id) => ({ field: `delete_${kind}`, message: `the server has none with the id ${id}` }))
  })
  if (fields.length > 0)
    throw invalid('server.part_unknown', `The server is not deleted: ${fields[0]?.field}: ${fields[0]?.message}.`, {
      description: 'Nothing was changed. Name what the server has, or `all`.',
      fields,
    })
}

const chosen = (choice: 'all' | string[] | undefined, id: string) =>
  choice === 'all' || (Array.isArray(choice) && choice.includes(id))

const unknownServer = () => notFound('server.unknown', 'There is no such server.', { description: 'It may have been deleted.' })

/** What the schema cannot know: what exists, and what goes together. @throws CallerError that names each field */
async function checkOrder(db: Db | Tx, projectId: string, order: ServerCreate): Promise<void> {
  const fields: { field: string; message: string }[] = []
  const range = ramRange(order.flavor.vcpus)
  if (order.flavor.ram < range.min || order.flavor.ram > range.max)
    fields.push({ field: 'flavor.ram', message: `with ${order.flavor.vcpus} vCPU the RAM is ${range.min} to ${range.max} GiB` })
  const bootable = order.storages.filter((storage) => storage.bootable)
  if (bootable.length !== 1)
    fields.push({ field: 'storages', message: 'one storage, and only one, is bootable: the system volume' })
  if (order.storages.some(({ storage_type }) => storage_type === 'local'))
    fields.push({ field: 'storages', message: 'local storage is not offered here; use storage_type volume' })
  for (const [index, address] of order.addresses.entries()) {
    if (address.version !== 4) fields.push({ field: `addresses.${index}.version`, message: 'addresses of version 4 are offered' })
    if (!address.external)
      fields.push({
        field: `addresses.${index}.external`,
        message: 'an ordered address is external; a private one comes with every server',
      })
    if (address.ddos_protection)
      fields.push({ field: `addresses.${index}.ddos_protection`, message: 'DDoS protection is not offered here' })
    if (address.address_id)
      fields.push({
        field: `addresses.${index}.address_id`,
        message: 'an existing address cannot be taken over yet; leave it out for a new one',
      })
  }
  for (const name of ['recipe', 'volume'] as const)
    if (order[name] !== undefined) fields.push({ field: name, message: 'this is not offered here; leave it out' })
  if (order.licenses?.length) fields.push({ field: 'licenses', message: 'licences are not offered here; leave it out' })
  if (order.image === undefined) fields.push({ field: 'image', message: 'choose an image to install' })
  else {
    const image = await imageById(db, order.image)
    if (!image) fields.push({ field: 'image', message: 'there is no such image' })
    else {
      const [system] = bootable
      if (system && system.size < image.min_disk_gib)
        fields.push({ field: 'storages', message: `${image.name} needs a system volume of ${image.min_disk_gib} GiB` })
      if (order.flavor.ram < image.min_ram_gib)
        fields.push({ field: 'flavor.ram', message: `${image.name} needs ${image.min_ram_gib} GiB of RAM` })
    }
  }
  const keys = await keypairsOfProject(db, projectId, order.keypairs)
  for (const [index, id] of order.keypairs.entries())
    if (!keys.some((key) => key.id === id))
      fields.push({ field: `keypairs.${index}`, message: 'there is no such key in this project' })
  const takenBytes = encodedBytes(
    keys.slice(1).map(({ public_key }) => public_key),
    order.user_data,
  )
  if (takenBytes > mostEncodedBytes)
    fields.push({
      field: 'user_data',
      message: `with its ${keys.length} keys, encoded, it takes ${takenBytes} bytes; ${mostEncodedBytes} are possible`,
    })
  if (fields.length > 0)
    throw invalid('server.order_invalid', `The order cannot be taken: ${fields[0]?.field}: ${fields[0]?.message}.`, {
      description: 'Nothing was changed. Mend the named fields and send it again.',
      fields,
    })
}

async function checkRoom(tx: Tx, projectId: string): Promise<void> {
  const { count } = await tx
    .selectFrom('server')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (count >= BigInt(serversPerProject))
    throw conflict('server.too_many', `A project has ${serversPerProject} servers at most.`, {
      description: 'Support can raise this limit, or use another project.',
    })
}

/** The volumes and addresses that come with a server, each with an id of its own from the start. */
async function writeParts(tx: Tx, server: ServerRow, order: ServerCreate): Promise<void> {
  const { project_id, account_id, id: server_id, created_at } = server
  const common = { project_id, account_id, server_id, created_at, updated_at: created_at, deleted_at: null }
  const storages = [...order.storages].sort((a, b) => Number(b.bootable) - Number(a.bootable))
  const volumes = storages.map((storage, position) => ({
    ...common,
    id: newId(),
    name: storage.bootable ? `${server.name}-system` : `${server.name}-${position}`,
    size_gib: storage.size,
    storage_type: storage.storage_type,
    bootable: storage.bootable,
    undetachable: storage.bootable,
    position,
    image_id: storage.bootable ? server.image_id : null,
    status: 'CREATING' as const,
    device: null,
    cinder_id: null,
    reason: null,
  }))
  const addresses = order.addresses.map((address) => ({
    ...common,
    id: newId(),
    status: 'PROCESSING' as const,
    ip: null,
    version: address.version,
    bandwidth_max_mbps: address.bandwidth_max_mbps ?? 100,
    neutron_id: null,
  }))
  await insertVolumes(tx, server, volumes)
  await insertAddresses(tx, server, addresses)
}
