import type { Clock } from '@straylight/kit'
import {
  type Faults,
  type JournalEntry,
  type SimRequest,
  type SimResponse,
  startSimulator,
  type Timeline,
} from '@straylight/kit/simulator'
import { Refusal } from './call.ts'
import { jobs as actionJobs } from './compute/actions.ts'
import { jobs as bootJobs } from './compute/boot.ts'
import { jobs as imageJobs } from './compute/images.ts'
import { jobs as interfaceJobs } from './compute/interfaces.ts'
import { jobs as migrationJobs } from './compute/migrations.ts'
import { jobs as rebuildJobs } from './compute/rebuilds.ts'
import { addressesOf, type Server, statusOf } from './compute/server.ts'
import { compute } from './compute/service.ts'
import { jobs as serverVolumeJobs } from './compute/volume-attachments.ts'
import { consolePage, serveScreens } from './console/console.ts'
import type { Project } from './identity/projects.ts'
import { identity } from './identity/service.ts'
import { jobs as importJobs } from './image/image-data.ts'
import { image } from './image/service.ts'
import { type FloatingIp, jobs as floatingIpJobs } from './network/floating-ips.ts'
import { jobs as balancerJobs } from './loadbalancer/load-balancers.ts'
import { loadBalancer } from './loadbalancer/service.ts'
import type { Network } from './network/networks.ts'
import { jobs as portJobs, type Port } from './network/ports.ts'
import type { Router } from './network/routers.ts'
import { network } from './network/service.ts'
import { jobs as subnetJobs } from './network/subnets.ts'
import { type Envelope, envelope } from './notifications/envelope.ts'
import { createPublisher } from './notifications/publisher.ts'
import { placement } from './placement/service.ts'
import { adminProject, credentials, customersDomain, seed } from './seed.ts'
import { Service } from './service.ts'
import { jobs as backupJobs } from './volume/backups.ts'
import { volume } from './volume/service.ts'
import { jobs as snapshotJobs } from './volume/snapshots.ts'
import { jobs as volumeActionJobs } from './volume/volume-actions.ts'
import { jobs as volumeJobs, type Volume } from './volume/volumes.ts'
import { type Jobs, World } from './world.ts'

export interface OpenstackSimulatorOptions {
  clock: Clock
  /** `auto`: things take their time on the clock. `manual`: nothing happens until `timeline.finish` or `finishAll`. */
  pace?: 'auto' | 'manual'
  port?: number
  host?: string
  /** Durations, addresses and statistics repeat with the same seed. */
  seed?: number
  /** Keeps everything in this file, so that it survives being killed. */
  dataFile?: string
  /** Publishes notifications to this broker. */
  amqpUrl?: string
  /** Every duration is multiplied by this: 0.1 is ten times faster. */
  speed?: number
  /** Addresses for the catalogue instead of the simulator's own, by service type: something that stands in front of one. */
  endpoints?: Record<string, string>
  /** Compute nodes of a fresh cloud, 4 without it; each has 32 cores, 40 GiB of memory and 4,000 GiB of disk. */
  hosts?: number
}

export interface OpenstackSimulator {
  url: string
  authUrl: string
  credentials: typeof credentials
  customersDomain: typeof customersDomain
  adminProject: typeof adminProject
  faults: Faults
  timeline: Timeline
  journal(): JournalEntry[]
  clearJournal(): void
  /** Everything it holds, by kind; password digests left out. */
  state(): Record<string, unknown>
  reset(): void
  close(): Promise<void>
  /** Hears every notification as it would be published, also without a broker. @returns how to stop. */
  onNotification(listener: (envelope: Envelope) => void): () => void
  servers(): (Server & { status: string; addresses: string[] })[]
  volumes(): Volume[]
  ports(): Port[]
  networks(): Network[]
  routers(): Router[]
  floatingIps(): FloatingIp[]
  projects(): Project[]
}

const jobs: Jobs = {
  ...bootJobs,
  ...actionJobs,
  ...migrationJobs,
  ...rebuildJobs,
  ...imageJobs,
  ...serverVolumeJobs,
  ...interfaceJobs,
  ...volumeJobs,
  ...volumeActionJobs,
  ...snapshotJobs,
  ...backupJobs,
  ...importJobs,
  ...subnetJobs,
  ...portJobs,
  ...floatingIpJobs,
  ...balancerJobs,
}

const services = [identity, compute, volume, image, network, placement, loadBalancer].map((definition) => new Service(definition))

/** Serves a simulated OpenStack on one port: Keystone, Nova, Cinder, Glance, Neutron, Octavia and Placement under paths of their own. */
export async function startOpenstackSimulator(options: OpenstackSimulatorOptions): Promise<OpenstackSimulator> {
  const world = new World(
    {
      clock: options.clock,
      pace: options.pace ?? 'auto',
      seed: options.seed ?? 1,
      speed: options.speed ?? 1,
      dataFile: options.dataFile,
      onLate: (error) => {
        throw error
      },
    },
    jobs,
  )
  world.endpoints = options.endpoints ?? {}
  const hosts = options.hosts ?? 4
  if (!world.load()) seed(world, hosts)
  world.flush()

  const shell = await startSimulator(
    {
      name: 'OpenStack',
      clock: options.clock,
      handle: (request) => handle(world, request),
      describe,
      error: (request, status, message) =>
        serviceFor(request.path)?.definition.error(new Refusal(status, message)) ?? { status, body: { message } },
      settle: () => world.timeline.settle(),
      flush: () => world.flush(),
      state: () => stateOf(world),
      reset: () => reset(world, hosts),
      upgrade: serveScreens(world),
    },
    {
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.host === undefined ? {} : { host: options.host }),
    },
  )
  world.url = shell.url
  world.faults = shell.faults

  const publisher = options.amqpUrl === undefined ? undefined : createPublisher(options.amqpUrl, () => {})
  if (publisher) world.onNotice((notice) => publisher.publish(envelope(notice, world.nowMs)))
  await publisher?.ready

  return {
    url: shell.url,
    authUrl: `${shell.url}/identity/v3`,
    credentials,
    customersDomain,
    adminProject,
    faults: shell.faults,
    timeline: world.timeline,
    journal: shell.journal,
    clearJournal: shell.clearJournal,
    state: () => stateOf(world),
    reset: () => reset(world, hosts),
    close: async () => {
      world.timeline.clear()
      await publisher?.close()
      await shell.close()
    },
    onNotification: (listener) => world.onNotice((notice) => listener(envelope(notice, world.nowMs))),
    servers: () =>
      world.servers
        .all()
        .filter((server) => !server.deleted)
        .map((server) => ({
          ...server,
          status: statusOf(server),
          addresses: Object.values(addressesOf(world, server)).flatMap((list) => list.map(({ addr }) => addr)),
        })),
    volumes: () => world.volumes.all(),
    ports: () => world.ports.all(),
    networks: () => world.networks.all(),
    routers: () => world.routers.all(),
    floatingIps: () => world.floatingIps.all(),
    projects: () => world.projects.all(),
  }
}

const serviceFor = (path: string): Service | undefined =>
  services.find(({ definition: { prefix } }) => path === prefix || path.startsWith(`${prefix}/`))

function handle(world: World, request: SimRequest): SimResponse {
  const service = serviceFor(request.path)
  if (service) return service.handle(world, request)
  if (request.path.startsWith('/console/')) return consolePage(request.path)
  return {
    status: 404,
    headers: { 'content-type': 'text/plain' },
    body: 'No service lives here. The catalogue is at /identity/v3.\n',
  }
}

/** Actions are named by their body: a fault for `os-stop` hits just that. */
function describe({ method, path, body }: { method: string; path: string; body: Buffer }): { service?: string; func?: string } {
  const service = serviceFor(path)?.definition.name
  const action = method === 'POST' && path.endsWith('/action') ? /"([^"]+)"/.exec(body.toString('utf8', 0, 200))?.[1] : undefined
  return { ...(service === undefined ? {} : { service }), ...(action === undefined ? {} : { func: action }) }
}

function stateOf(world: World): Record<string, unknown> {
  return Object.fromEntries(
    world.tables.map((table) => [
      table.kind,
      table
        .all()
        .map((row) =>
          Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'passwordDigest' && key !== 'secretDigest')),
        ),
    ]),
  )
}

function reset(world: World, hosts: number): void {
  world.clear()
  seed(world, hosts)
  world.flush()
}
