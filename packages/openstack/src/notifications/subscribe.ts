import { AMQPError, Connection, ConsumerStatus } from 'rabbitmq-client'
import { Inbox, type InboxOptions, type Outcome } from './inbox.ts'

export interface SubscribeOptions extends InboxOptions {
  /** `amqp://user:password@host:5672/vhost`. */
  url: string
  /** The services' exchanges. Nova, Cinder, Neutron, Glance and Keystone when absent. */
  exchanges?: string[]
  /** Our queue is `<queuePrefix>.notifications`; processes with the same prefix share its messages among them. */
  queuePrefix: string
  /** Nova's old form of messages is read by default; add `versioned_notifications.*` for clouds that send only the new one. */
  routingKeys?: string[]
  /** Called with true at each (re)connection once messages flow, and with false when the connection is lost: then poll. */
  onConnection?(isConnected: boolean): void
  /** Milliseconds before the second attempt to connect, doubled before each further one up to `mostRetryMs`. */
  firstRetryMs?: number
  mostRetryMs?: number
}

export interface Subscription {
  /** Resolves when messages first flow. */
  ready: Promise<void>
  readonly isConnected: boolean
  /** Messages taken, repeated ones that were dropped, and those that could not be read. */
  readonly counts: Inbox['counts']
  close(): Promise<void>
}

const statuses: Record<Outcome, ConsumerStatus> = {
  done: ConsumerStatus.ACK,
  again: ConsumerStatus.REQUEUE,
  'given up': ConsumerStatus.DROP,
}

const allExchanges = ['nova', 'cinder', 'neutron', 'glance', 'keystone']

/**
 * Receives the notifications of a cloud's services from RabbitMQ, on a queue of our own that is bound to each service's exchange.
 * The services' shared queue `notifications.info` is left alone: reading it would take messages away from others.
 * The queue outlives a restart of ours for an hour and holds at most 100,000 messages; after that long a silence, compare with the services.
 */
export function subscribe(options: SubscribeOptions): Subscription {
  const { exchanges = allExchanges, routingKeys = ['notifications.info', 'notifications.error'], queuePrefix } = options
  const trouble = (error: unknown) => options.onTrouble?.(error)
  const inbox = new Inbox(options)
  let isConnected = false
  let isClosed = false
  const setConnected = (now: boolean) => {
    if (isConnected === now) return
    isConnected = now
    options.onConnection?.(now)
  }

  const rabbit = new Connection({
    url: options.url,
    connectionName: `${queuePrefix}.notifications`,
    heartbeat: 30,
    retryLow: options.firstRetryMs ?? 500,
    retryHigh: options.mostRetryMs ?? 15_000,
  })
  rabbit.on('error', (error: unknown) => {
    setConnected(false)
    trouble(error)
  })

  // An exchange is made by whoever comes first, so it is made here as its service would make it (topic, not durable), unless it is there:
  // asking for one that is there with other properties would be refused
  async function ensureExchange(exchange: string): Promise<void> {
    try {
      await rabbit.exchangeDeclare({ exchange, passive: true })
    } catch (error) {
      if (!(error instanceof AMQPError) || error.code !== 'NOT_FOUND') throw error
      await rabbit.exchangeDeclare({ exchange, type: 'topic', durable: false, autoDelete: false })
    }
  }

  const consumer = rabbit.createConsumer(
    {
      queue: `${queuePrefix}.notifications`,
      queueOptions: {
        durable: false,
        autoDelete: false,
        arguments: { 'x-expires': 3_600_000, 'x-max-length': 100_000 },
      },
      queueBindings: exchanges.flatMap((exchange) =>
        routingKeys.map((routingKey) => ({ queue: `${queuePrefix}.notifications`, exchange, routingKey })),
      ),
      qos: { prefetchCount: 100 },
      concurrency: 1,
      lazy: true,
    },
    async (message) => statuses[await inbox.take(message.body, message.exchange)],
  )
  consumer.on('error', (error: unknown) => {
    setConnected(false)
    trouble(error)
  })

  // At each connection anew: exchanges that do not last are gone after a restart of the broker. One after the other, because the broker
  // closes the channel on which one is asked for that is not there. What could not be made keeps the consumer trying until it is there
  async function prepare(): Promise<void> {
    for (const exchange of exchanges) await ensureExchange(exchange).catch(trouble)
    if (!isClosed) consumer.start()
  }
  rabbit.on('connection', () => void prepare())
  const ready = new Promise<void>((resolve) => {
    consumer.on('ready', () => {
      setConnected(true)
      resolve()
    })
  })

  return {
    ready,
    get isConnected() {
      return isConnected
    },
    counts: inbox.counts,
    async close() {
      isClosed = true
      await consumer.close()
      await rabbit.close()
      isConnected = false
    },
  }
}
