import { type Pacer, UpstreamError } from '@straylight/kit'
import type { Openstack, ScopedCloud } from '@straylight/openstack'

/** The cloud as the modules use it: the service account's view of one project, or of all. */
export interface Cloud {
  of(project: { cloud_project_id: string | null }): ScopedCloud
  admin: ScopedCloud
  /** Servers are ordered in turn: Nova fails creates that come faster than it schedules. */
  boots: Pacer
  /** The domain's id in which customers' projects are made. */
  customersDomainId(): Promise<string>
  /** The service account's own user id. */
  userId(): Promise<string>
  externalNetworkId(): Promise<string>
}

export interface CloudSettings {
  customersDomain: string
  /** The first external network when absent. */
  externalNetwork: string | undefined
}

export function createCloud(openstack: Openstack, settings: CloudSettings, boots: Pacer): Cloud {
  const must = <T>(found: T | undefined, what: string): T => {
    if (found === undefined)
      throw new UpstreamError({
        service: 'openstack',
        kind: 'not_found',
        code: 'openstack.not_prepared',
        message: `${what} does not exist in the cloud`,
        retryable: true,
        effect: 'none',
      })
    return found
  }
  return {
    of({ cloud_project_id }) {
      return openstack.as({ projectId: must(cloud_project_id ?? undefined, 'the project') })
    },
    admin: openstack.admin,
    boots,
    customersDomainId: remembered(
      async () =>
        must(
          await openstack.admin.identity.domains.find({ name: settings.customersDomain }),
          `the domain ${settings.customersDomain}`,
        ).id,
    ),
    userId: remembered(async () => (await openstack.admin.token()).user.id),
    externalNetworkId: remembered(async () => {
      const networks = await openstack.admin.network.networks.list({ isExternal: true }).all()
      const { externalNetwork } = settings
      return must(
        externalNetwork === undefined ? networks[0] : networks.find(({ name }) => name === externalNetwork),
        `the external network ${externalNetwork ?? ''}`,
      ).id
    }),
  }
}

/** Asks once and keeps a good answer; a failure is asked again. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = undefined
      throw error
    })
    return answer
  }
}

/**
 * Find, else make, under our own id. When making says that it exists already, or does not say what happened, the thing is looked for again:
 * no neighbour takes a token that would make a repeated order harmless.
 */
export async function ensure<T>(find: () => Promise<T | undefined>, make: () => Promise<T>): Promise<T> {
  const found = await find()
  return found ?? orderOrFind(make, find)
}

/** The second half of `ensure`, for who has looked already. */
export async function orderOrFind<T>(make: () => Promise<T>, find: () => Promise<T | undefined>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof UpstreamError) || (error.kind !== 'conflict' && error.effect === 'none')) throw error
    const made = await find()
    if (made === undefined) throw error
    return made
  }
}

/** Asks for a thing to be gone: that it is not there is as good. */
export async function gone(remove: Promise<unknown>): Promise<void> {
  try {
    await remove
  } catch (error) {
    if (!(error instanceof UpstreamError && error.kind === 'not_found')) throw error
  }
}

/** The thing, or undefined when it is not there. */
export async function orAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === 'not_found') return undefined
    throw error
  }
}
