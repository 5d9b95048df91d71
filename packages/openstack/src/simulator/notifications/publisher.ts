import { Connection } from 'rabbitmq-client'
import type { Envelope, Exchange } from './envelope.ts'

/** Messages that wait for a lost broker; beyond that the oldest are dropped. */
const mostWaiting = 10_000

/** How long a start waits for the broker; one that is away takes nothing from the cloud. */
const patienceMs = 1_000

export interface Publisher {
  /** The exchanges are there, or nobody has answered for a while. */
  ready: Promise<void>
  publish(envelope: Envelope): void
  close(): Promise<void>
}

/** Publishes as oslo.messaging does: topic exchanges that are not durable, JSON in a JSON string, in the order in which things happened. */
export function createPublisher(url: string, onTrouble: (error: unknown) => void): Publisher {
  const rabbit = new Connection({ url, connectionName: 'openstack-simulator', retryHigh: 5_000 })
  rabbit.on('error', onTrouble)
  const exchanges = (['nova', 'cinder', 'neutron', 'glance', 'keystone'] satisfies Exchange[]).map((exchange) => ({
    exchange,
    type: 'topic',
    durable: false,
    autoDelete: false,
  }))
  const publisher = rabbit.createPublisher({ exchanges, maxAttempts: 5 })
  let waiting: Envelope[] = []
  let isSending = false
  let isClosed = false

  async function drain(): Promise<void> {
    isSending = true
    for (let next = waiting.shift(); next && !isClosed; next = waiting.shift()) {
      const { exchange, routingKey, body } = next
      const envelope = {
        exchange,
        routingKey,
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        durable: true,
        priority: 0,
      }
      try {
        await publisher.send(envelope, body)
      } catch (error) {
        onTrouble(error)
      }
    }
    isSending = false
  }

  const declared = Promise.all(exchanges.map((each) => rabbit.exchangeDeclare(each))).then(() => {}, onTrouble)
  const ready = Promise.race([declared, new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref())])

  return {
    ready,
    publish(envelope) {
      waiting.push(envelope)
      if (waiting.length > mostWaiting) waiting = waiting.slice(-mostWaiting)
      if (!isSending) void drain()
    },
    async close() {
      isClosed = true
      waiting = []
      await publisher.close()
      await rabbit.close()
    },
  }
}
