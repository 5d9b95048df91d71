import { assert, type Clock } from '@straylight/kit'
import type { FloatingIp } from '@straylight/openstack'
import { type AddressRow, addressesOfServer, updateAddress } from '../addresses/index.ts'
import { type Cloud, ensure, gone, orAbsent, orderOrFind } from '../foundation/cloud/index.ts'
import type { Db, Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import type { Secrets } from '../foundation/secrets.ts'
import {
  done,
  go,
  OrderFailed,
  queueUp,
  type TaskOf,
  type Workflow,
  wait,
  wasRepeated,
  workflow,
} from '../foundation/tasks/index.ts'
import { keypairsOfProject } from '../keypairs/index.ts'
import { captureHold, releaseHold } from '../ledger/index.ts'
import { openMeters } from '../metering/index.ts'
import { projectById, type ProjectRow } from '../projects/index.ts'
import { updateVolume, type VolumeRow, volumesOfServer } from '../volumes/index.ts'
import { userDataOf } from './guest.ts'
import { addressLine, computeLines, volumeLine } from './price.ts'
import { lockServer, serverById, type ServerRow, updateServer } from './store.ts'
import { keypairNameOf, type TearDown } from './tear-down.ts'

const minute = 60_000
const lookAgainMs = 500

export type CreateSteps =
  | 'project'
  | 'prepare'
  | 'boot'
  | 'running'
  | 'attach'
  | 'address'
  | 'open'
  | 'undoAddress'
  | 'undoServer'
  | 'undoVolumes'
  | 'undoPort'
  | 'close'

export interface CreateDependencies {
  db: Db
  cloud: Cloud
  clock: Clock
  secrets: Secrets
  tearDown: TearDown
  /** Told when a system has answered OK and nothing came about. */
  noteSilence(system: string): void
}

/**
 * From an order to a running server: port and volumes → server → further volumes → address → meters. Charges begin in `open`, together
 * with the end of the hold. When it fails anywhere, everything made is removed, the hold is released and the customer is told why.
 */
export function createServer({
  db,
  cloud,
  clock,
  secrets,
  tearDown,
  noteSilence,
}: CreateDependencies): Workflow<Record<string, never>, CreateSteps> {
  const load = async (task: TaskOf<unknown>) => {
    const server = await serverById(db, task.subject.id)
    assert(server, `server ${task.subject.id} exists while it is being made`)
    const project = await projectById(db, server.project_id)
    assert(project, `project ${server.project_id} exists`)
    return { server, project, volumes: await volumesOfServer(db, server.id), addresses: await addressesOfServer(db, server.id) }
  }

  async function ensurePort(project: ProjectRow, server: ServerRow) {
    const { ports } = cloud.of(project).network
    assert(project.network_id && project.security_group_id, 'a ready project has its network and security group')
    const { network_id: networkId, security_group_id: group } = project
    return ensure(
      () => ports.find({ name: server.id }),
      () => ports.create({ name: server.id, networkId, securityGroupIds: [group] }),
    )
  }

  const ensureVolume = (project: ProjectRow, volume: VolumeRow) => {
    const { volumes } = cloud.of(project)
    return ensure(
      () => volumes.find({ name: volume.id }),
      () =>
        volumes.create({
          name: volume.id,
          sizeGib: volume.size_gib,
          metadata: { straylight_id: volume.id, straylight_name: volume.name },
          ...(volume.image_id ? { imageId: volume.image_id } : {}),
        }),
    )
  }

  const flavorIds = new Map<string, string>()
  /** A flavor that is there never changes, so its id is asked for once. */
  async function ensureFlavor(server: ServerRow): Promise<string> {
    const { flavors } = cloud.admin.compute
    const name = `straylight.${server.vcpus}.${server.ram_gib}`
    const known = flavorIds.get(name)
    if (known !== undefined) return known
    const flavor = await ensure(
      () => flavors.find({ name }),
      () => flavors.create({ name, vcpus: server.vcpus, ramMib: server.ram_gib * 1024, diskGib: 0 }),
    )
    flavorIds.set(name, flavor.id)
    return flavor.id
  }

  /** Orders the server from Nova, unless Nova has it. @returns its id there, or how long others are served first, in milliseconds */
  async function boot(project: ProjectRow, server: ServerRow, volumes: VolumeRow[]): Promise<string | number> {
    const { servers, keypairs } = cloud.of(project).compute
    const [system] = volumes
    const portId = server.port_id
    assert(system?.cinder_id && portId, 'a server boots with its port and system volume made')
    const { cinder_id: volumeId } = system
    const found = await servers.find({ name: server.id })
    if (found) return found.id
    const waitMs = cloud.boots.turn(server.id)
    if (waitMs > 0) return waitMs
    const rows = await keypairsOfProject(db, server.project_id, server.keypair_ids)
    const keys = server.keypair_ids.flatMap((id) => rows.find((row) => row.id === id)?.public_key ?? [])
    const [firstKey, ...furtherKeys] = keys
    const keyName = keypairNameOf(server.id)
    if (firstKey !== undefined)
      await ensure(
        () => keypairs.find({ name: keyName }),
        () => keypairs.create({ name: keyName, publicKey: firstKey }),
      )
    const userData = userDataOf(furtherKeys, server.user_data ? secrets.open('user_data', server.user_data) : undefined)
    const flavorId = await ensureFlavor(server)
    const made = await orderOrFind<{ id: string }>(
      () =>
        servers.create({
          name: server.id,
          hostname: hostnameOf(server.name),
          flavorId,
          bootVolume: { volumeId },
          ports: [portId],
          metadata: { straylight_id: server.id, straylight_name: server.name, straylight_project: server.project_id },
          ...(firstKey === undefined ? {} : { keyName }),
          ...(userData === undefined ? {} : { userData }),
        }),
      () => servers.find({ name: server.id }),
    ).catch((error: unknown) => {
      // A flavor that somebody removed is made again by the next try.
      flavorIds.clear()
      throw error
    })
    return made.id
  }

  /**
   * An order that was cut off may have been carried out all the same, and late: after we had looked and ordered again. Such twins carry our
   * id and are not the ones that we use. Looked for only where a step was tried more than once.
   */
  async function removeTwins(
    task: TaskOf<unknown>,
    server: ServerRow,
    project: ProjectRow,
    volumes: VolumeRow[],
    addresses: AddressRow[],
  ) {
    if (!(await wasRepeated(db, task.id))) return
    const { compute, network, volumes: disks } = cloud.of(project)
    for (const twin of await compute.servers.list({ name: server.id }).all())
      if (twin.id !== server.nova_id) await gone(compute.servers.remove(twin.id))
    for (const twin of await network.ports.list({ name: server.id }).all())
      if (twin.id !== server.port_id) await gone(network.ports.remove(twin.id))
    for (const volume of volumes)
      for (const twin of await disks.list({ name: volume.id }).all())
        if (twin.id !== volume.cinder_id) await gone(disks.remove(twin.id))
    for (const address of addresses)
      for (const twin of await network.floatingIps.list({ description: address.id }).all())
        if (twin.id !== address.neutron_id) await gone(network.floatingIps.remove(twin.id))
  }

  const labels: Record<CreateSteps, string> = {
    project: 'Opening the project',
    prepare: 'Preparing disk and network',
    boot: 'Ordering the server',
    running: 'Starting it',
    attach: 'Attaching further volumes',
    address: 'Connecting its address',
    open: 'Finishing',
    undoAddress: 'Giving the address back',
    undoServer: 'Removing the server',
    undoVolumes: 'Removing its volumes',
    undoPort: 'Removing its network port',
    close: 'Finishing',
  }

  return workflow<Record<string, never>, CreateSteps>({
    name: 'server.create',
    path: ['project', 'prepare', 'boot', 'running', 'attach', 'address', 'open'],
    undo: ['undoAddress', 'undoServer', 'undoVolumes', 'undoPort', 'close'],
    deadlineMs: 10 * minute,
    giveUpMs: 20 * minute,
    labels,
    steps: {
      async project(task) {
        const { project } = await load(task)
        if (project.status === 'failed')
          throw new OrderFailed('project.not_ready', 'The project could not be opened in the cloud.')
        return project.status === 'ready' ? go('prepare') : wait(1000)
      },

      async prepare(task) {
        const { server, project, volumes } = await load(task)
        const [port, ...made] = await Promise.all([
          ensurePort(project, server),
          ...volumes.map((volume) => ensureVolume(project, volume)),
        ])
        if (made.some(({ status }) => status.startsWith('error')))
          throw new OrderFailed('server.volume_failed', 'The storage could not make its disk.')
        const pending = made.some(({ status }) => status !== 'available' && status !== 'in-use')
        if (pending) return wait(lookAgainMs)
        return go('boot', async (tx) => {
          await updateServer(tx, server, {
            port_id: port.id,
            private_ip: port.addresses[0]?.address ?? null,
            updated_at: clock.now(),
          })
          for (const [index, volume] of volumes.entries())
            await updateVolume(tx, volume.id, { cinder_id: made[index]?.id ?? null })
        })
      },

      async boot(task) {
        const { server, project, volumes } = await load(task)
        const novaId = await boot(project, server, volumes)
        if (typeof novaId === 'number') return queueUp(novaId)
        return go('running', (tx) => updateServer(tx, server, { nova_id: novaId, updated_at: clock.now() }))
      },

      async running(task) {
        const { server, project } = await load(task)
        assert(server.nova_id, 'a booted server is known by its id there')
        const found = await orAbsent(cloud.of(project).compute.servers.get(server.nova_id))
        // It said that it took the order, and has no such server: order again.
        if (!found || found.status === 'DELETED') {
          noteSilence('nova')
          return go('boot')
        }
        if (found.status === 'ACTIVE') return go('attach')
        if (found.status === 'ERROR') throw bootFailed(found.fault?.message ?? '', server)
        return wait(lookAgainMs)
      },

      async attach(task) {
        const { server, project, volumes } = await load(task)
        const { volumeAttachments } = cloud.of(project).compute
        const novaId = server.nova_id
        assert(novaId, 'a running server is known by its id there')
        const attached = await volumeAttachments.list(novaId).all()
        const deviceOf = (volume: VolumeRow) => attached.find(({ volumeId }) => volumeId === volume.cinder_id)?.device
        const [next] = volumes.filter((volume) => deviceOf(volume) === undefined)
        if (next) {
          assert(next.cinder_id, 'a volume is made before it is attached')
          // Nova alone is believed: Cinder also says in-use where no server has the disk.
          if (!attached.some(({ volumeId }) => volumeId === next.cinder_id))
            await volumeAttachments.attach(novaId, next.cinder_id)
          return wait(lookAgainMs)
        }
        return go('address', async (tx) => {
          for (const volume of volumes) await updateVolume(tx, volume.id, { device: deviceOf(volume) ?? null })
        })
      },

      async address(task) {
        const { server, project, addresses } = await load(task)
        const { floatingIps } = cloud.of(project).network
        const portId = server.port_id
        assert(portId, 'a running server has its port')
        const made: { id: string; ip: string; neutronId: string }[] = []
        for (const address of addresses) {
          const networkId = await cloud.externalNetworkId()
          const floating: FloatingIp = await ensure(
            () => floatingIps.find({ description: address.id }),
            () => floatingIps.create({ networkId, description: address.id, portId }),
          )
          if (floating.portId !== portId) await floatingIps.update(floating.id, { portId })
          made.push({ id: address.id, ip: floating.address, neutronId: floating.id })
        }
        return go('open', async (tx) => {
          for (const { id, ip, neutronId } of made)
            await updateAddress(tx, id, { ip, neutron_id: neutronId, updated_at: clock.now() })
        })
      },

      async open(task) {
        const { server, project, volumes, addresses } = await load(task)
        await removeTwins(task, server, project, volumes, addresses)
        // The key pair was needed only for the moment of creation: Nova has copied the key.
        if (server.keypair_ids.length > 0) await gone(cloud.of(project).compute.keypairs.remove(keypairNameOf(server.id)))
        return done((tx) => open(tx, server, volumes, addresses))
      },

      async undoAddress(task) {
        const { server, addresses } = await load(task)
        await tearDown.releaseAddresses(
          server.project_id,
          addresses.map(({ id }) => id),
        )
        return go('undoServer')
      },
      async undoServer(task) {
        const { server } = await load(task)
        return (await tearDown.removeServer(server.project_id, server)) ? go('undoVolumes') : wait(lookAgainMs)
      },
      async undoVolumes(task) {
        const { server, volumes } = await load(task)
        return (await tearDown.removeVolumes(
          server.project_id,
          volumes.map(({ id }) => id),
        ))
          ? go('undoPort')
          : wait(lookAgainMs)
      },
      async undoPort(task) {
        const { server } = await load(task)
        await tearDown.removePort(server.project_id, server.id)
        return go('close')
      },
      async close(task) {
        const { server, volumes, addresses } = await load(task)
        return done(async (tx) => {
          const now = clock.now()
          // Deleted meanwhile or not: what its row says now counts, and nobody can change it before this commits.
          const current = await lockServer(tx, server.id)
          if (!current) return
          if (server.hold_id) await releaseHold(tx, server.hold_id, now)
          for (const volume of volumes) await updateVolume(tx, volume.id, { status: 'DELETED', deleted_at: now, updated_at: now })
          for (const address of addresses)
            await updateAddress(tx, address.id, { status: 'DELETED', deleted_at: now, updated_at: now })
          // A create that its owner gave up leaves nothing behind; one that failed stays visible, with its reason, until it is deleted.
          const rest = { user_data: null, hold_id: null, nova_id: null, port_id: null, private_ip: null, updated_at: now }
          await updateServer(
            tx,
            server,
            current.status === 'DELETING'
              ? { ...rest, deleted_at: now }
              : { ...rest, status: 'ERROR', switch_status: 'OFF', reason: task.reason },
          )
          await tellBalance(tx, server)
        })
      },
    },
  })

  async function open(
    tx: Tx,
    server: ServerRow,
    volumes: VolumeRow[],
    addresses: { id: string; ip: string | null }[],
  ): Promise<void> {
    const at = clock.now()
    const current = await lockServer(tx, server.id)
    // Deleted in this very moment: nothing is opened, and the task turns to its tear-down when it looks again.
    if (current?.status === 'DELETING') throw new Error('the server is being deleted')
    const common = { accountId: server.account_id, projectId: server.project_id, at }
    assert(server.hold_id, 'an order that runs was held for')
    await captureHold(tx, server.hold_id, at)
    await openMeters(tx, {
      ...common,
      resource: { type: 'server', id: server.id, name: server.name },
      lines: computeLines(server),
    })
    for (const volume of volumes) {
      await openMeters(tx, {
        ...common,
        resource: { type: 'volume', id: volume.id, name: volume.name },
        lines: [volumeLine(volume)],
      })
      await updateVolume(tx, volume.id, { status: 'IN_USE', updated_at: at })
    }
    for (const address of addresses) {
      await openMeters(tx, {
        ...common,
        resource: { type: 'address', id: address.id, name: address.ip ?? 'address' },
        lines: [addressLine()],
      })
      await updateAddress(tx, address.id, { status: 'ACTIVE', updated_at: at })
    }
    await updateServer(tx, server, { status: 'ACTIVE', user_data: null, reason: null, updated_at: at })
    await tellBalance(tx, server)
  }
}

const tellBalance = (tx: Tx, server: ServerRow) =>
  announce(tx, { type: 'balance', id: server.account_id, accountId: server.account_id })

/** Nova's reason, translated. Its sentence goes to the operator as the cause. */
function bootFailed(said: string, server: ServerRow): OrderFailed {
  const noRoom = /No valid host|insufficient|exceeded/i.test(said)
  return noRoom
    ? new OrderFailed(
        'server.no_capacity',
        `No host has room for ${server.vcpus} vCPU and ${server.ram_gib} GiB now. A smaller server may fit.`,
        { cause: said },
      )
    : new OrderFailed('server.not_started', 'The server did not start.', { cause: said })
}

/** A host name has letters, digits and hyphens: https://www.rfc-editor.org/rfc/rfc1123#section-2.1 */
const hostnameOf = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63) || 'server'
