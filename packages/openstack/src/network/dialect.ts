import { createHash } from 'node:crypto'
import { restated, UpstreamError } from '@straylight/kit'
import { fields } from '../decode.ts'
import type { Service } from '../service.ts'

/**
 * What stands behind Neutron's API. It is discovered from the list of extensions, never assumed: `contrail` is there with the plugin of
 * Tungsten Fabric and OpenSDN only, and what that plugin does otherwise than Neutron's own (README, section "Dialect") hangs on it.
 */
export interface Dialect {
  kind: 'neutron' | 'tungsten'
  extensions: ReadonlySet<string>
}

export interface Extension {
  alias: string
  name: string
  description: string
}

export function fromNeutron(raw: unknown): Extension {
  const extension = fields('neutron', 'extension', raw)
  return {
    alias: extension.text('alias'),
    name: extension.maybeText('name') ?? '',
    description: extension.maybeText('description') ?? '',
  }
}

export class Dialects {
  readonly #neutron: Service

  constructor(neutron: Service) {
    this.#neutron = neutron
  }

  async get(): Promise<Dialect> {
    const extensions = await this.#neutron.extensions(
      async () => new Set((await this.#neutron.list('/extensions', 'extensions', fromNeutron).all()).map(({ alias }) => alias)),
    )
    return { kind: extensions.has('contrail') ? 'tungsten' : 'neutron', extensions }
  }

  async isTungsten(): Promise<boolean> {
    return (await this.get()).kind === 'tungsten'
  }

  /**
   * Makes a thing and gives it its name. Tungsten refuses names that are not ASCII on creation and takes them on update, and refuses `:` always:
   * there it is made under a first name and renamed right after. When only the renaming fails, the thing is there: the error has effect
   * `unknown` and is not retryable, and `findNamed` finds it.
   */
  async createNamed<T extends { id: string }>(
    name: string,
    create: (firstName: string) => Promise<T>,
    rename: (id: string) => Promise<T>,
  ): Promise<T> {
    if (isAscii(name) || !(await this.isTungsten())) return create(name)
    const created = await create(firstNameFor(name))
    try {
      return await rename(created.id)
    } catch (error) {
      throw error instanceof UpstreamError ? madeButNotNamed(created.id, error) : error
    }
  }

  /** A thing by its exact name or, where names are set in a second step, the one that stopped at the first: it still has its first name. */
  async findNamed<T>(
    name: string | undefined,
    find: (name: string | undefined) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const found = await find(name)
    if (found || name === undefined || isAscii(name) || !(await this.isTungsten())) return found
    return find(firstNameFor(name))
  }
}

/** Of its kind for each name, so that what was left with it is known again: `büro` is `b_ro` and a part of a hash of the whole. */
function firstNameFor(name: string): string {
  const readable = name.replace(/[^\x20-\x7e]|:/gu, '_').slice(0, 200)
  return `${readable} ${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
}

const madeButNotNamed = (id: string, error: UpstreamError): UpstreamError =>
  restated(error, {
    message: `${id} was made and could not be given its name: ${error.message}`,
    retryable: false,
    effect: 'unknown',
  })

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)
