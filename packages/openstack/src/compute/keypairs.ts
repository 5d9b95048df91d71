import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'
import { orAbsent } from '../wait.ts'

/** Belongs to a user, not to a project: who creates servers with it must be the user who imported it. */
export interface Keypair {
  name: string
  fingerprint: string
  publicKey: string
  type: string
}

export function fromNova(raw: unknown): Keypair {
  const keypair = fields('nova', 'keypair', raw)
  return {
    name: keypair.text('name'),
    fingerprint: keypair.text('fingerprint'),
    publicKey: keypair.text('public_key'),
    type: keypair.maybeText('type') ?? 'ssh',
  }
}

export class Keypairs {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  list(filter: { userId?: string; pageSize?: number } = {}): Listing<Keypair> {
    return this.#nova.list('/os-keypairs', 'keypairs', (raw) => fromNova(fields('nova', 'keypair entry', raw).raw.keypair), {
      query: { user_id: filter.userId, limit: filter.pageSize },
    })
  }

  async get(name: string): Promise<Keypair> {
    return this.#nova.read(await this.#nova.get(path`/os-keypairs/${name}`), 'keypair', fromNova)
  }

  find(wanted: { name: string }): Promise<Keypair | undefined> {
    return orAbsent(this.get(wanted.name))
  }

  /** Nova 2.92 and later make no keys: bring a public one. Fails with `nova.exists` when the user has one of that name. */
  async create(keypair: { name: string; publicKey: string; type?: 'ssh' | 'x509' }): Promise<Keypair> {
    const { name, publicKey, type = 'ssh' } = keypair
    const answer = await this.#nova.post('/os-keypairs', { keypair: { name, public_key: publicKey, type } })
    return this.#nova.read(answer, 'keypair', fromNova)
  }

  async remove(name: string): Promise<void> {
    await this.#nova.delete(path`/os-keypairs/${name}`)
  }
}
