import { fields } from '../decode.ts'
import { type Diagnostics, fromNova as diagnosticsFromNova } from './diagnostics.ts'
import { type Answer, given, path, type Service } from '../service.ts'

export type ConsoleType = 'novnc' | 'spice-html5' | 'serial' | 'webmks'

// https://docs.openstack.org/api-ref/compute/#create-remote-console
const consoleProtocols: Record<ConsoleType, string> = { novnc: 'vnc', 'spice-html5': 'spice', serial: 'serial', webmks: 'mks' }

export interface RebuildOptions {
  imageId: string
  name?: string | undefined
  metadata?: Record<string, string> | undefined
  keyName?: string | null | undefined
  userData?: string | null | undefined
  adminPassword?: string | undefined
}

/**
 * What can be done to a server. Each answers as soon as Nova has taken the order, and fails with `nova.wrong_state` when the server's
 * state does not allow it, with `nova.busy` (retryable) while another task runs, with `nova.locked` when an admin has locked it.
 */
export class ServerActions {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  #act(id: string, action: Record<string, unknown>, options?: Parameters<Service['post']>[2]): Promise<Answer> {
    return this.#nova.post(path`/servers/${id}/action`, action, options)
  }

  /** Asks the guest to shut down and pulls the plug after its time-out (60 s by default). */
  async stop(id: string): Promise<void> {
    await this.#act(id, { 'os-stop': null })
  }

  async start(id: string): Promise<void> {
    await this.#act(id, { 'os-start': null })
  }

  async reboot(id: string, how: 'soft' | 'hard'): Promise<void> {
    await this.#act(id, { reboot: { type: how === 'soft' ? 'SOFT' : 'HARD' } })
  }

  async pause(id: string): Promise<void> {
    await this.#act(id, { pause: null })
  }

  async unpause(id: string): Promise<void> {
    await this.#act(id, { unpause: null })
  }

  /** Memory goes to the host's disk. */
  async suspend(id: string): Promise<void> {
    await this.#act(id, { suspend: null })
  }

  async resume(id: string): Promise<void> {
    await this.#act(id, { resume: null })
  }

  /** From then on only admins may act on it. The reason is kept since 2.73. */
  async lock(id: string, reason?: string): Promise<void> {
    await this.#act(id, { lock: reason === undefined ? null : { locked_reason: reason } })
  }

  async unlock(id: string): Promise<void> {
    await this.#act(id, { unlock: null })
  }

  /** Takes it off its host and gives the host's memory back; disks and addresses stay. */
  async shelve(id: string): Promise<void> {
    await this.#act(id, { shelve: null })
  }

  async shelveOffload(id: string): Promise<void> {
    await this.#act(id, { shelveOffload: null })
  }

  async unshelve(id: string): Promise<void> {
    await this.#act(id, { unshelve: null })
  }

  /** To another flavor. It ends in `VERIFY_RESIZE`, which `confirmResize` or `revertResize` must end; both use two servers' worth of quota. */
  async resize(id: string, flavorId: string): Promise<void> {
    await this.#act(id, { resize: { flavorRef: flavorId } })
  }

  async confirmResize(id: string): Promise<void> {
    await this.#act(id, { confirmResize: null })
  }

  async revertResize(id: string): Promise<void> {
    await this.#act(id, { revertResize: null })
  }

  /** Cold migration to a host that Nova chooses; ends like a resize. For admins. */
  async migrate(id: string): Promise<void> {
    await this.#act(id, { migrate: null })
  }

  /** While it runs. Nova chooses the host when none is given. For admins. */
  async liveMigrate(id: string, options: { host?: string } = {}): Promise<void> {
    await this.#act(id, { 'os-migrateLive': { host: options.host ?? null, block_migration: 'auto' } })
  }

  /**
   * Writes the image over the root disk. Servers that boot from a volume can be rebuilt with another image since 2.93 only,
   * and then lose what was on the volume; before, Nova answers 400.
   */
  async rebuild(id: string, options: RebuildOptions): Promise<{ adminPassword: string | undefined }> {
    const { imageId, name, metadata, keyName, userData, adminPassword } = options
    const answer = await this.#act(id, {
      rebuild: given({
        imageRef: imageId,
        name,
        metadata,
        key_name: keyName,
        user_data: typeof userData === 'string' ? Buffer.from(userData).toString('base64') : userData,
        adminPass: adminPassword,
      }),
    })
    return this.#nova.read(answer, 'server', (raw) => ({
      adminPassword: fields('nova', 'rebuilt server', raw).maybeText('adminPass'),
    }))
  }

  /** Boots from another image with the root disk beside it. Since 2.87 also servers that boot from a volume, with images made for it. */
  async rescue(
    id: string,
    options: { imageId?: string; adminPassword?: string } = {},
  ): Promise<{ adminPassword: string | undefined }> {
    const { imageId, adminPassword } = options
    const rescue = given({ rescue_image_ref: imageId, adminPass: adminPassword })
    const answer = await this.#act(id, { rescue: Object.keys(rescue).length === 0 ? null : rescue })
    return this.#nova.readWhole(answer, (json) => ({ adminPassword: fields('nova', 'rescue', json).maybeText('adminPass') }))
  }

  async unrescue(id: string): Promise<void> {
    await this.#act(id, { unrescue: null })
  }

  /** Needs a guest agent: without one Nova answers 409. */
  async changePassword(id: string, password: string): Promise<void> {
    await this.#act(id, { changePassword: { adminPass: password } })
  }

  /**
   * An image of the root disk. Of a server that boots from a volume it is an image without data that names volume snapshots,
   * and the volume cannot be deleted while these are there, not even by `deleteOnTermination`.
   */
  async createImage(id: string, image: { name: string; metadata?: Record<string, string> }): Promise<{ imageId: string }> {
    const answer = await this.#act(id, { createImage: given({ name: image.name, metadata: image.metadata }) })
    return this.#nova.readWhole(answer, (json) => ({ imageId: fields('nova', 'created image', json).text('image_id') }))
  }

  /** Sets the state in Nova's database and does nothing else. For admins. */
  async resetState(id: string, state: 'active' | 'error'): Promise<void> {
    await this.#act(id, { 'os-resetState': { state } })
  }

  /** The last `lines` lines that the guest wrote to its serial console, or all that is kept. */
  async consoleLog(id: string, options: { lines?: number } = {}): Promise<string> {
    const answer = await this.#act(id, { 'os-getConsoleOutput': given({ length: options.lines }) })
    return this.#nova.readWhole(answer, (json) => fields('nova', 'console log', json).maybeText('output') ?? '')
  }

  /** A page with the guest's screen and keyboard. The URL is a secret and soon ends (10 minutes by default). */
  async remoteConsole(id: string, type: ConsoleType = 'novnc'): Promise<{ type: string; url: string }> {
    const answer = await this.#nova.post(path`/servers/${id}/remote-consoles`, {
      remote_console: { protocol: consoleProtocols[type], type },
    })
    return this.#nova.read(answer, 'remote_console', (raw) => {
      const console = fields('nova', 'remote console', raw)
      return { type: console.text('type'), url: console.text('url') }
    })
  }

  /** Figures of the hypervisor about the running guest; since 2.48 in one shape for all of them. For admins by default. */
  async diagnostics(id: string): Promise<Diagnostics> {
    return this.#nova.readWhole(await this.#nova.get(path`/servers/${id}/diagnostics`), diagnosticsFromNova)
  }
}
