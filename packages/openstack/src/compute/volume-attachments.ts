import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { given, path, type Service } from '../service.ts'
import { orAbsent, type WaitOptions, waitFor } from '../wait.ts'

/** A volume that Nova has given to a server. This is the truth; Cinder's own notes are not. */
export interface VolumeAttachment {
  volumeId: string
  serverId: string
  /** `/dev/vdb`; the guest may call it otherwise. */
  device: string | undefined
  deleteOnTermination: boolean
  tag: string | undefined
}

export function fromNova(raw: unknown): VolumeAttachment {
  const attachment = fields('nova', 'volume attachment', raw)
  return {
    volumeId: attachment.text('volumeId'),
    serverId: attachment.text('serverId'),
    device: attachment.filledText('device'),
    deleteOnTermination: attachment.maybeFlag('delete_on_termination') ?? false,
    tag: attachment.maybeText('tag'),
  }
}

export class VolumeAttachments {
  readonly #nova: Service

  constructor(nova: Service) {
    this.#nova = nova
  }

  /** The root volume is among them. */
  list(serverId: string): Listing<VolumeAttachment> {
    return this.#nova.list(path`/servers/${serverId}/os-volume_attachments`, 'volumeAttachments', fromNova)
  }

  /** `undefined` when the server, or the volume on it, is not there. */
  find(serverId: string, volumeId: string): Promise<VolumeAttachment | undefined> {
    return orAbsent(this.list(serverId).first((attachment) => attachment.volumeId === volumeId))
  }

  /** Nova chooses the device. The guest sees the disk some seconds later, once the volume is `in-use` and `find` has it. */
  async attach(
    serverId: string,
    volumeId: string,
    options: { deleteOnTermination?: boolean; tag?: string } = {},
  ): Promise<VolumeAttachment> {
    const answer = await this.#nova.post(path`/servers/${serverId}/os-volume_attachments`, {
      volumeAttachment: given({ volumeId, delete_on_termination: options.deleteOnTermination, tag: options.tag }),
    })
    return this.#nova.read(answer, 'volumeAttachment', fromNova)
  }

  /** Answers at once. Fails with `nova.root_volume` for the volume that the server boots from. */
  async detach(serverId: string, volumeId: string): Promise<void> {
    await this.#nova.delete(path`/servers/${serverId}/os-volume_attachments/${volumeId}`)
  }

  async waitUntilDetached(serverId: string, volumeId: string, options?: WaitOptions): Promise<void> {
    await waitFor(
      this.#nova.clock,
      'nova',
      `volume ${volumeId} detached from server ${serverId}`,
      async () => ((await this.find(serverId, volumeId)) ? undefined : true),
      options,
    )
  }
}
