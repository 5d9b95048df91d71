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
   * The name to create a thing with. Tungsten refuses names that are not ASCII on creation and takes them on update, and refuses `:` always.
   * When it differs from `name`, the caller sets `name` by an update right after.
   */
  async nameForCreation(name: string): Promise<string> {
    if (isAscii(name) || !(await this.isTungsten())) return name
    return name.replace(/[^\x20-\x7e]|:/g, '_')
  }
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)
