import { createHash } from 'node:crypto'
import { type Clock, seededRandom } from '@straylight/kit'
import { EntityLog, type Faults, Timeline } from '@straylight/kit/simulator'
import type { Flavor } from './compute/flavors.ts'
import type { InstanceAction } from './compute/instance-actions.ts'
import type { Keypair } from './compute/keypairs.ts'
import type { ServerGroup } from './compute/server-groups.ts'
import type { ComputeHost } from './compute/hosts.ts'
import type { ConsoleToken } from './compute/consoles.ts'
import type { Server } from './compute/server.ts'
import { type Duration, durations } from './durations.ts'
import { uuid } from './ids.ts'
import type { ApplicationCredential } from './identity/application-credentials.ts'
import type { Project } from './identity/projects.ts'
import type { Domain } from './identity/domains.ts'
import type { Assignment, Role } from './identity/roles.ts'
import type { Revocation } from './identity/tokens.ts'
import type { User } from './identity/users.ts'
import type { Group } from './identity/groups.ts'
import type { Image, ImageMember } from './image/images.ts'
import type { HealthMonitor } from './loadbalancer/health-monitors.ts'
import type { Listener } from './loadbalancer/listeners.ts'
import type { LoadBalancer } from './loadbalancer/load-balancers.ts'
import type { Member } from './loadbalancer/members.ts'
import type { Pool } from './loadbalancer/pools.ts'
import type { FloatingIp } from './network/floating-ips.ts'
import type { Network } from './network/networks.ts'
import type { Port } from './network/ports.ts'
import type { Allocation } from './network/allocations.ts'
import type { Router } from './network/routers.ts'
import type { SecurityGroup } from './network/security-groups.ts'
import type { SecurityGroupRule } from './network/security-group-rules.ts'
import type { Subnet } from './network/subnets.ts'
import type { Exchange, Notice } from './notifications/envelope.ts'
import { type Change, type Row, Table } from './table.ts'
import type { Attachment } from './volume/attachments.ts'
import type { Backup } from './volume/backups.ts'
import type { Snapshot } from './volume/snapshots.ts'
import type { Transfer } from './volume/transfers.ts'
import type { VolumeType } from './volume/types.ts'
import type { Volume } from './volume/volumes.ts'

/** Something that will happen, as data, so that it still happens after a `kill -9`. */
export interface Job extends Row {
  name: string
  /** What it happens to: `timeline.finish(subject)` makes it happen now. */
  subject: string
  args: JobArgs
  atMs: number
}
export type JobArgs = Record<string, string | number | boolean | null>
export type JobHandler = (world: World, args: JobArgs) => void
export type Jobs = Record<string, JobHandler>

/** Limits that an operator has set for a project in one service; what is not here has the service's default. */
export interface QuotaSet extends Row {
  limits: Record<string, number>
}

export interface Counter extends Row {
  value: number
}

export interface WorldOptions {
  clock: Clock
  pace: 'auto' | 'manual'
  seed: number
  speed: number
  dataFile: string | undefined
  onLate: (error: unknown) => void
}

/** Everything that the simulated cloud holds, with the time in which it lives. */
export class World {
  readonly clock: Clock
  readonly timeline: Timeline
  readonly random: () => number
  readonly seed: number
  readonly #speed: number
  readonly #log: EntityLog
  readonly #jobHandlers: Jobs
  readonly tables: Table<Row>[] = []
  #changes: Change[] | undefined
  #notices: Notice[] = []
  #dueMs: number | undefined
  readonly #listeners = new Set<(notice: Notice) => void>()
  /** Where the simulator listens, `http://127.0.0.1:1234`; links in answers start with it. */
  url = 'http://127.0.0.1'
  /** Other addresses for single services of the catalogue, by type: something that stands in front of one. */
  endpoints: Record<string, string> = {}
  faults: Faults | undefined
  readonly startedMs: number
  /** The bytes of images, by id: people upload small ones, they live in memory only. */
  readonly imageData = new Map<string, Buffer>()

  readonly domains = this.#table<Domain>('domain', ['name'])
  readonly projects = this.#table<Project>('project', ['name', 'domainId'])
  readonly users = this.#table<User>('user', ['name', 'domainId'])
  readonly groups = this.#table<Group>('group')
  readonly roles = this.#table<Role>('role', ['name'])
  readonly assignments = this.#table<Assignment>('assignment', ['actorId', 'targetId'])
  readonly applicationCredentials = this.#table<ApplicationCredential>('application-credential', ['userId'])
  readonly revocations = this.#table<Revocation>('revocation')

  readonly flavors = this.#table<Flavor>('flavor', ['flavorId'])
  readonly keypairs = this.#table<Keypair>('keypair', ['userId'])
  readonly servers = this.#table<Server>('server', ['projectId'])
  readonly instanceActions = this.#table<InstanceAction>('instance-action', ['serverId'])
  readonly serverGroups = this.#table<ServerGroup>('server-group', ['projectId'])
  readonly hosts = this.#table<ComputeHost>('host')
  readonly consoleTokens = this.#table<ConsoleToken>('console-token')

  readonly volumes = this.#table<Volume>('volume', ['projectId'])
  readonly volumeTypes = this.#table<VolumeType>('volume-type', ['name'])
  readonly attachments = this.#table<Attachment>('attachment', ['volumeId', 'serverId'])
  readonly snapshots = this.#table<Snapshot>('snapshot', ['projectId', 'volumeId'])
  readonly backups = this.#table<Backup>('backup', ['projectId'])
  readonly transfers = this.#table<Transfer>('transfer', ['volumeId'])

  readonly images = this.#table<Image>('image')
  readonly imageMembers = this.#table<ImageMember>('image-member', ['imageId'])

  readonly networks = this.#table<Network>('network', ['projectId'])
  readonly subnets = this.#table<Subnet>('subnet', ['networkId', 'projectId'])
  readonly ports = this.#table<Port>('port', ['deviceId', 'networkId', 'projectId'])
  readonly allocations = this.#table<Allocation>('allocation')
  readonly routers = this.#table<Router>('router', ['projectId'])
  readonly floatingIps = this.#table<FloatingIp>('floating-ip', ['portId', 'projectId', 'networkId'])
  readonly securityGroups = this.#table<SecurityGroup>('security-group', ['projectId'])
  readonly securityGroupRules = this.#table<SecurityGroupRule>('security-group-rule', ['groupId'])

  readonly loadBalancers = this.#table<LoadBalancer>('load-balancer', ['projectId'])
  readonly listeners = this.#table<Listener>('listener', ['loadBalancerId'])
  readonly pools = this.#table<Pool>('pool', ['loadBalancerId'])
  readonly members = this.#table<Member>('member', ['poolId'])
  readonly healthMonitors = this.#table<HealthMonitor>('health-monitor', ['poolId'])

  readonly quotas = this.#table<QuotaSet>('quota')
  readonly counters = this.#table<Counter>('counter')
  readonly jobs = this.#table<Job>('job', ['subject'])

  constructor(options: WorldOptions, jobHandlers: Jobs) {
    this.clock = options.clock
    this.seed = options.seed
    this.random = seededRandom(options.seed)
    this.#speed = options.speed
    this.#log = new EntityLog(options.dataFile)
    this.#jobHandlers = jobHandlers
    this.timeline = new Timeline(options.clock, options.pace, options.onLate)
    this.startedMs = options.clock.now().getTime()
  }

  #table<T extends Row>(kind: string, indexed: Extract<keyof T, string>[] = []): Table<T> {
    const table = new Table<T>(kind, (change) => this.#changes?.push(change), indexed)
    this.tables.push(table as unknown as Table<Row>)
    return table
  }

  /** The time on the clock; while something happens late, because time has jumped, the time at which it was due. */
  get nowMs(): number {
    const now = this.clock.now().getTime()
    return this.#dueMs === undefined ? now : Math.min(this.#dueMs, now)
  }

  /** A number for this kind, from 1. */
  next(counter: string): number {
    const value = (this.counters.get(counter)?.value ?? 0) + 1
    if (this.counters.has(counter)) this.counters.update(counter, { value })
    else this.counters.insert({ id: counter, value })
    return value
  }

  /** A seeded duration in milliseconds, multiplied by the simulator's speed. */
  duration(name: Duration): number {
    const [least, most] = durations[name]
    return Math.round((least + (most - least) * this.random()) * this.#speed)
  }

  /** Plans `job` for `subject`. It happens unless the request that planned it is undone, or it is cancelled. */
  later(ms: number, subject: string, name: string, args: JobArgs = {}): void {
    this.jobs.insert({ id: uuid(), name, subject, args, atMs: this.nowMs + ms })
  }

  cancel(subject: string): void {
    for (const job of this.jobs.where('subject', subject)) this.jobs.remove(job.id)
  }

  /** Whether an armed fault names this background happening (`func`), such as `create-volume`: then it fails. Counted as used. */
  backgroundFault(service: string, func: string): boolean {
    return this.faults?.take({ service, method: 'BACKGROUND', path: `/${func}`, func, background: true }) !== undefined
  }

  /** Publishes after the transaction; the payload is only built when somebody listens. */
  notify(exchange: Exchange, eventType: string, publisher: string, payload: () => unknown, options: Partial<Notice> = {}): void {
    if (this.#listeners.size === 0) return
    this.#notices.push({ exchange, eventType, publisher, priority: 'INFO', versioned: false, payload: payload(), ...options })
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Runs `act` as one transaction: when it throws, or when it is a rehearsal (a `silent-ok` fault), nothing remains of it:
   * no change, no planned happening, no notification.
   */
  transaction<T>(act: () => T, rehearsal = false): T {
    if (this.#changes) return act()
    this.#changes = []
    try {
      const result = act()
      if (rehearsal) this.#undo()
      else this.#commit()
      return result
    } catch (error) {
      this.#undo()
      throw error
    }
  }

  #undo(): void {
    for (const { table, id, before } of (this.#changes ?? []).reverse()) table.restore(id, before)
    this.#changes = undefined
    const notices = this.#notices.filter((notice) => notice.always)
    this.#notices = []
    for (const notice of notices) for (const listener of this.#listeners) listener(notice)
  }

  #commit(): void {
    const changes = this.#changes ?? []
    const notices = this.#notices
    this.#changes = undefined
    this.#notices = []
    const seen = new Set<string>()
    for (const { table, id } of changes) {
      const key = `${table.kind}/${id}`
      if (seen.has(key)) continue
      seen.add(key)
      const row = table.get(id)
      if (row) this.#log.put(table.kind, id, row)
      else this.#log.remove(table.kind, id)
      if (table.kind === 'job' && row) this.#plan(row as Job)
    }
    for (const notice of notices) for (const listener of this.#listeners) listener(notice)
  }

  #plan(job: Job): void {
    this.timeline.after(job.atMs - this.clock.now().getTime(), job.subject, job.name, () => {
      if (!this.jobs.has(job.id)) return
      this.#dueMs = job.atMs
      try {
        this.transaction(() => {
          this.jobs.remove(job.id)
          const handler = this.#jobHandlers[job.name]
          if (!handler) throw new Error(`nobody does the job ${job.name}`)
          handler(this, job.args)
        })
      } finally {
        this.#dueMs = undefined
      }
      this.flush()
    })
  }

  flush(): void {
    this.#log.flush()
  }

  /** Fills the tables from the data file. @returns whether there was anything. */
  load(): boolean {
    const tables = new Map(this.tables.map((table) => [table.kind, table]))
    const kept = this.#log.load()
    for (const { kind, id, value } of kept) tables.get(kind)?.restore(id, value as Row)
    for (const job of this.jobs.all()) this.#plan(job)
    return kept.length > 0
  }

  clear(): void {
    this.timeline.clear()
    for (const table of this.tables) {
      for (const { id } of table.all()) this.#log.remove(table.kind, id)
      table.clear()
    }
    this.imageData.clear()
    this.flush()
  }
}

/** Enough to compare passwords and secrets without keeping them. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
