import { type Clock, type HttpRequest, type HttpResponse, type Layer, UpstreamError } from '@straylight/kit'
import { expect } from 'vitest'
import { type Credentials, createOpenstack, type Openstack, type Scope, type ScopedCloud, withRetry } from '../../src/index.ts'

/** A cloud to hold to the contract: the simulator, or a real one. */
export interface Target {
  authUrl: string
  credentials: Credentials
  clock: Clock
  /** Where the credentials have role `admin` on everything. */
  adminProject: Scope
  /** A domain in which they may make projects and users, by name. */
  customersDomain: string
  imageName: string
  /** Two flavors on which the image boots, the second larger. */
  flavorName: string
  largerFlavorName: string
  volumeType: string
  otherVolumeType: string
  externalNetwork: string
  close?(): Promise<void>
}

interface Exchange {
  request: HttpRequest
  response: HttpResponse
}

/** What a call met that was refused: the classified error, and the answer as it came. */
export interface Refusal {
  error: UpstreamError
  status: number
  headers: Record<string, string>
  /** Parsed when it is JSON, the text otherwise. */
  body: unknown
}

/** A customer: a project, its own user, and the cloud as each of the two sees it. */
export interface Customer {
  projectId: string
  userId: string
  userName: string
  password: string
  /** The portal's account with role `member` on the project. */
  portal: ScopedCloud
  /** The customer's own user. */
  own: ScopedCloud
  ownCloud: Openstack
}

/** The world of one run of the contract. */
export class World {
  readonly target: Target
  readonly cloud: Openstack
  readonly admin: ScopedCloud
  /** Names of everything that this run makes begin with it. */
  readonly prefix: string
  readonly #exchanges: Exchange[] = []
  readonly #tidying: (() => Promise<unknown>)[] = []
  #customers = 0

  constructor(target: Target) {
    this.target = target
    this.cloud = this.open(target.credentials)
    this.admin = this.cloud.as(target.adminProject)
    this.prefix = `contract-${target.clock.now().getTime().toString(36)}`
  }

  open(credentials: Credentials): Openstack {
    const { authUrl, clock, adminProject } = this.target
    const record: Layer = (next) => async (request) => {
      const response = await next(request)
      this.#exchanges.push({ request, response })
      return response
    }
    return createOpenstack({ authUrl, credentials, clock, adminProject, layers: [record, withRetry({ clock })] })
  }

  async customer(): Promise<Customer> {
    const { admin, target } = this
    const name = `${this.prefix}-${++this.#customers}`
    const password = 'a-password-of-the-contract'
    const domain = must(await admin.identity.domains.find({ name: target.customersDomain }))
    const member = must(await admin.identity.roles.find({ name: 'member' }))
    const { userId: portalId } = await admin.identity.whoami()
    const project = await admin.identity.projects.create({ name, domainId: domain.id })
    this.later(async () => {
      for (const group of await admin.network.securityGroups.list({ projectId: project.id }).all())
        await admin.network.securityGroups.remove(group.id)
      await admin.identity.projects.remove(project.id)
    })
    const user = await admin.identity.users.create({ name, domainId: domain.id, password })
    this.later(() => admin.identity.users.remove(user.id))
    await admin.identity.roles.grant({ roleId: member.id, userId: user.id, projectId: project.id })
    await admin.identity.roles.grant({ roleId: member.id, userId: portalId, projectId: project.id })
    const ownCloud = this.open({ username: name, password, userDomain: target.customersDomain })
    return {
      projectId: project.id,
      userId: user.id,
      userName: name,
      password,
      portal: this.cloud.as({ projectId: project.id }),
      own: ownCloud.as({ projectId: project.id }),
      ownCloud,
    }
  }

  /** To be done at the end, the last first. What is gone already is gone. */
  later(tidy: () => Promise<unknown>): void {
    this.#tidying.push(tidy)
  }

  async tidyUp(): Promise<void> {
    const troubles: unknown[] = []
    for (const tidy of this.#tidying.reverse())
      await tidy().catch((error: unknown) => {
        if (!(error instanceof UpstreamError && error.kind === 'not_found')) troubles.push(error)
      })
    await this.target.close?.()
    if (troubles.length > 0) throw new AggregateError(troubles, `left behind: ${troubles.map(String).join('; ')}`)
  }

  /** What `look` gives first that is not `undefined`, asked once a second for at most `seconds`. */
  async soon<T>(look: () => Promise<T | undefined>, seconds = 30): Promise<T> {
    for (let second = 0; second < seconds; second++) {
      const found = await look()
      if (found !== undefined) return found
      await this.target.clock.sleep(1000)
    }
    return expect.fail(`it did not come to pass within ${seconds} s`)
  }

  async refused(call: () => Promise<unknown>): Promise<Refusal> {
    const error = await call().then(
      () => expect.fail('it was not refused'),
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(UpstreamError)
    const { response } = must(this.#exchanges.at(-1))
    const text = response.body.toString('utf8')
    const isJson = (response.headers['content-type'] ?? '').includes('json')
    return {
      error: error as UpstreamError,
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    }
  }

  /** The answer to the last call, as it came. */
  get lastAnswer(): { status: number; headers: Record<string, string>; json: Record<string, unknown> } {
    const { response } = must(this.#exchanges.at(-1))
    const text = response.body.toString('utf8')
    return { status: response.status, headers: response.headers, json: text === '' ? {} : JSON.parse(text) }
  }

  get lastRequest(): HttpRequest {
    return must(this.#exchanges.at(-1)).request
  }
}

export function must<T>(thing: T | undefined): T {
  expect(thing).toBeDefined()
  return thing as T
}
