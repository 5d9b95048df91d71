import { decodeNotification } from './decode.ts'
import type { Notification } from './notification.ts'

export interface ReceivedNotification extends Notification {
  /** A newer one about the same subject was received before: its state is of the past. */
  isLate: boolean
}

export interface InboxOptions {
  /**
   * Called once per message id and subject, one after the other, in the order in which the messages came, which need not be the order of events.
   * When it fails, the message is put back once by this process and then given up.
   */
  onNotification(notification: ReceivedNotification): Promise<void> | void
  /** Messages that cannot be read, connections that are lost, failures of `onNotification`. */
  onTrouble?(error: unknown): void
  /** How many message ids are remembered, to tell what came twice. 20,000 when absent. */
  remembered?: number
}

/** What is to become of a message. */
export type Outcome = 'done' | 'again' | 'given up'

/** Makes of messages that may come twice, late or garbled one notification each. */
export class Inbox {
  readonly #options: InboxOptions
  readonly #counts = { received: 0, repeated: 0, late: 0, garbled: 0 }
  readonly #seen: Recent<string, true>
  readonly #newest: Recent<string, number>
  /**
   * Ids of messages that we have put back. The broker's own mark is no help: it also marks what was never dealt with, because the connection
   * was lost before. https://www.rabbitmq.com/docs/consumers#message-properties
   */
  readonly #putBack: Recent<string, true>

  constructor(options: InboxOptions) {
    this.#options = options
    this.#seen = new Recent(options.remembered ?? 20_000)
    this.#newest = new Recent(options.remembered ?? 20_000)
    this.#putBack = new Recent(options.remembered ?? 20_000)
  }

  /** Notifications given on (late ones among them), those that had come before, and messages that could not be read. */
  get counts(): Readonly<{ received: number; repeated: number; late: number; garbled: number }> {
    return this.#counts
  }

  async take(body: Buffer | string | object, exchange: string | undefined): Promise<Outcome> {
    let notifications: Notification[]
    try {
      notifications = decodeNotification(body, exchange)
    } catch (error) {
      this.#counts.garbled++
      this.#options.onTrouble?.(error)
      return 'given up'
    }
    for (const notification of notifications) {
      const { messageId, subject, at } = notification
      const key = `${messageId} ${subject.id ?? ''}`
      if (this.#seen.has(key)) {
        this.#counts.repeated++
        continue
      }
      const about = `${subject.kind} ${subject.id ?? messageId}`
      const isLate = (this.#newest.get(about) ?? 0) > at.getTime()
      try {
        await this.#options.onNotification({ ...notification, isLate })
      } catch (error) {
        this.#options.onTrouble?.(error)
        if (this.#putBack.has(messageId)) return 'given up'
        this.#putBack.set(messageId, true)
        return 'again'
      }
      this.#counts.received++
      if (isLate) this.#counts.late++
      else this.#newest.set(about, at.getTime())
      this.#seen.set(key, true)
    }
    return 'done'
  }
}

/** A map that forgets what was set longest ago. */
class Recent<K, V> {
  readonly #most: number
  readonly #entries = new Map<K, V>()

  constructor(most: number) {
    this.#most = most
  }

  has(key: K): boolean {
    return this.#entries.has(key)
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value as K)
  }
}
