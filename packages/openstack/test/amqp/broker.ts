import { createServer, type Socket } from 'node:net'
import { type Frame, frame, frameTypes, longText, Reader, shortText, takeFrames, u16, u32, u64, u8 } from './frames.ts'

interface Message {
  exchange: string
  routingKey: string
  /** The content header as it came: size and properties. */
  header: Buffer
  body: Buffer
  redelivered: boolean
}

interface Queue {
  name: string
  messages: Message[]
  bindings: { exchange: string; pattern: RegExp }[]
  consumers: { channel: Channel; tag: string }[]
}

export interface Broker {
  url: string
  close(): Promise<void>
}

/** Method numbers: class × 1000 + method. */
const methods = {
  start: 10_010,
  startOk: 10_011,
  tune: 10_030,
  open: 10_040,
  openOk: 10_041,
  close: 10_050,
  closeOk: 10_051,
  channelOpen: 20_010,
  channelOpenOk: 20_011,
  channelClose: 20_040,
  channelCloseOk: 20_041,
  exchangeDeclare: 40_010,
  exchangeDeclareOk: 40_011,
  exchangeDelete: 40_020,
  exchangeDeleteOk: 40_021,
  queueDeclare: 50_010,
  queueDeclareOk: 50_011,
  queueBind: 50_020,
  queueBindOk: 50_021,
  queueDelete: 50_040,
  queueDeleteOk: 50_041,
  qos: 60_010,
  qosOk: 60_011,
  consume: 60_020,
  consumeOk: 60_021,
  cancel: 60_030,
  cancelOk: 60_031,
  publish: 60_040,
  deliver: 60_060,
  ack: 60_080,
  reject: 60_090,
  nack: 60_120,
  confirm: 85_010,
  confirmOk: 85_011,
} as const

/**
 * A message broker as far as notifications need one: topic exchanges, queues with bindings, acknowledgements and messages put back.
 * It speaks AMQP 0-9-1 on loopback, so that publisher and subscriber are tried over a wire where no RabbitMQ is installed.
 */
export async function startBroker(): Promise<Broker> {
  const exchanges = new Set<string>()
  const queues = new Map<string, Queue>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    talk(socket, { exchanges, queues })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `amqp://portal:lab@127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

interface Store {
  exchanges: Set<string>
  queues: Map<string, Queue>
}

function talk(socket: Socket, store: Store): void {
  let waiting = Buffer.alloc(0)
  let hasGreeted = false
  const channels = new Map<number, Channel>()
  const send = (type: number, channel: number, payload: Buffer) => {
    if (socket.writable) socket.write(frame(type, channel, payload))
  }
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    for (const channel of channels.values()) channel.leave()
  })
  socket.on('data', (bytes) => {
    waiting = Buffer.concat([waiting, bytes])
    if (!hasGreeted) {
      if (waiting.length < 8) return
      hasGreeted = true
      waiting = waiting.subarray(8)
      const properties = u32(0)
      send(frameTypes.method, 0, method('start', u8(0), u8(9), properties, longText('PLAIN'), longText('en_US')))
    }
    const { frames, rest } = takeFrames(waiting)
    waiting = Buffer.from(rest)
    for (const each of frames) {
      if (each.type === frameTypes.heartbeat) send(frameTypes.heartbeat, 0, Buffer.alloc(0))
      else if (each.channel === 0) aboutConnection(each)
      else {
        // A number that is opened again is another channel.
        if (each.type === frameTypes.method && methodOf(each.payload) === methods.channelOpen)
          channels.set(each.channel, new Channel(store, (type, payload) => send(type, each.channel, payload)))
        channels.get(each.channel)?.take(each)
      }
    }
  })

  function aboutConnection({ payload }: Frame): void {
    const number = methodOf(payload)
    if (number === methods.startOk) send(frameTypes.method, 0, method('tune', u16(2047), u32(131_072), u16(30)))
    if (number === methods.open) send(frameTypes.method, 0, method('openOk', shortText('')))
    if (number === methods.close) {
      send(frameTypes.method, 0, method('closeOk'))
      socket.end()
    }
  }
}

const methodOf = (payload: Buffer): number => payload.readUInt16BE(0) * 1000 + payload.readUInt16BE(2)

const method = (name: keyof typeof methods, ...parts: Buffer[]): Buffer =>
  Buffer.concat([u16(Math.floor(methods[name] / 1000)), u16(methods[name] % 1000), ...parts])

/** `*` is one word, `#` any number of them. */
const topic = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.]/g, '\\.')
      .replace(/\*/g, '[^.]+')
      .replace(/\\\.#|#/g, '(?:(?:^|\\.)[^.]+)*')}$`,
  )

class Channel {
  readonly #store: Store
  readonly #send: (type: number, payload: Buffer) => void
  #confirms = false
  #published = 0
  #publishing: { exchange: string; routingKey: string; header?: Buffer; parts: Buffer[] } | undefined
  #delivered = 0
  readonly #unsettled = new Map<number, { queue: Queue; message: Message }>()

  constructor(store: Store, send: (type: number, payload: Buffer) => void) {
    this.#store = store
    this.#send = send
  }

  #answer(name: keyof typeof methods, ...parts: Buffer[]): void {
    this.#send(frameTypes.method, method(name, ...parts))
  }

  take({ type, payload }: Frame): void {
    if (type === frameTypes.method) this.#handlers[methodOf(payload)]?.(new Reader(payload.subarray(4)))
    else if (this.#publishing) {
      if (type === frameTypes.header) this.#publishing.header = payload
      else this.#publishing.parts.push(payload)
      this.#publishWhole()
    }
  }

  readonly #handlers: Record<number, (args: Reader) => void> = {
    [methods.channelOpen]: () => this.#answer('channelOpenOk', longText('')),
    [methods.channelClose]: () => {
      this.leave()
      this.#answer('channelCloseOk')
    },
    [methods.exchangeDeclare]: (args) => this.#declareExchange(args),
    [methods.exchangeDelete]: (args) => this.#deleteExchange(args),
    [methods.queueDeclare]: (args) => this.#declareQueue(args),
    [methods.queueBind]: (args) => this.#bind(args),
    [methods.queueDelete]: (args) => this.#deleteQueue(args),
    [methods.qos]: () => this.#answer('qosOk'),
    [methods.consume]: (args) => this.#consume(args),
    [methods.cancel]: (args) => {
      this.#stopConsuming()
      this.#answer('cancelOk', shortText(args.shortText()))
    },
    [methods.publish]: (args) => {
      args.u16()
      this.#publishing = { exchange: args.shortText(), routingKey: args.shortText(), parts: [] }
    },
    [methods.ack]: (args) => this.#settle(args.u64(), args.bit(0), false),
    [methods.reject]: (args) => this.#settle(args.u64(), false, args.bit(0)),
    [methods.nack]: (args) => {
      const [tag, bits] = [args.u64(), args.u8()]
      this.#settle(tag, (bits & 1) === 1, (bits & 2) === 2)
    },
    [methods.confirm]: () => {
      this.#confirms = true
      this.#answer('confirmOk')
    },
  }

  #declareExchange(args: Reader): void {
    args.u16()
    const [name] = [args.shortText(), args.shortText()]
    if (args.bit(0) && !this.#store.exchanges.has(name)) {
      this.#refuse('exchangeDeclare', `NOT_FOUND - no exchange '${name}'`)
      return
    }
    this.#store.exchanges.add(name)
    this.#answer('exchangeDeclareOk')
  }

  #deleteExchange(args: Reader): void {
    args.u16()
    const name = args.shortText()
    this.#store.exchanges.delete(name)
    for (const queue of this.#store.queues.values()) queue.bindings = queue.bindings.filter(({ exchange }) => exchange !== name)
    this.#answer('exchangeDeleteOk')
  }

  #declareQueue(args: Reader): void {
    args.u16()
    const name = args.shortText()
    const known = this.#store.queues.get(name)
    if (args.bit(0) && !known) {
      this.#refuse('queueDeclare', `NOT_FOUND - no queue '${name}'`)
      return
    }
    const queue = known ?? { name, messages: [], bindings: [], consumers: [] }
    this.#store.queues.set(name, queue)
    this.#answer('queueDeclareOk', shortText(name), u32(queue.messages.length), u32(queue.consumers.length))
  }

  #bind(args: Reader): void {
    args.u16()
    const [name, exchange, routingKey] = [args.shortText(), args.shortText(), args.shortText()]
    const queue = this.#store.queues.get(name)
    if (!queue || !this.#store.exchanges.has(exchange)) {
      this.#refuse('queueBind', `NOT_FOUND - no exchange '${exchange}'`)
      return
    }
    queue.bindings.push({ exchange, pattern: topic(routingKey) })
    this.#answer('queueBindOk')
  }

  /** Whoever reads from it is told that there is nothing to read any more. */
  #deleteQueue(args: Reader): void {
    args.u16()
    const name = args.shortText()
    const queue = this.#store.queues.get(name)
    this.#store.queues.delete(name)
    for (const { channel, tag } of queue?.consumers ?? []) channel.#answer('cancel', shortText(tag), u8(1))
    this.#answer('queueDeleteOk', u32(queue?.messages.length ?? 0))
  }

  #consume(args: Reader): void {
    args.u16()
    const [name, tag] = [args.shortText(), args.shortText()]
    const queue = this.#store.queues.get(name)
    if (!queue) {
      this.#refuse('consume', `NOT_FOUND - no queue '${name}'`)
      return
    }
    queue.consumers.push({ channel: this, tag })
    this.#answer('consumeOk', shortText(tag))
    pump(queue)
  }

  /** A channel on which something was refused is closed. */
  #refuse(name: keyof typeof methods, text: string): void {
    this.leave()
    this.#answer('channelClose', u16(404), shortText(text), method(name))
  }

  #publishWhole(): void {
    const { exchange, routingKey, header, parts } = this.#publishing ?? { exchange: '', routingKey: '', parts: [] }
    const body = Buffer.concat(parts)
    if (!header || body.length < Number(header.readBigUInt64BE(4))) return
    this.#publishing = undefined
    for (const queue of this.#store.queues.values()) {
      if (!queue.bindings.some((binding) => binding.exchange === exchange && binding.pattern.test(routingKey))) continue
      queue.messages.push({ exchange, routingKey, header, body, redelivered: false })
      pump(queue)
    }
    if (this.#confirms) this.#answer('ack', u64(++this.#published), u8(0))
  }

  deliver(queue: Queue, tag: string, message: Message): void {
    const { exchange, routingKey, header, body, redelivered } = message
    const number = ++this.#delivered
    this.#unsettled.set(number, { queue, message })
    this.#answer('deliver', shortText(tag), u64(number), u8(redelivered ? 1 : 0), shortText(exchange), shortText(routingKey))
    this.#send(frameTypes.header, header)
    for (let at = 0; at < body.length; at += 131_064) this.#send(frameTypes.body, body.subarray(at, at + 131_064))
  }

  #settle(tag: number, andEarlier: boolean, putBack: boolean): void {
    for (const [number, { queue, message }] of [...this.#unsettled]) {
      if (number !== tag && !(andEarlier && number < tag)) continue
      this.#unsettled.delete(number)
      if (!putBack) continue
      queue.messages.unshift({ ...message, redelivered: true })
      pump(queue)
    }
  }

  #stopConsuming(): void {
    for (const queue of this.#store.queues.values())
      queue.consumers = queue.consumers.filter((consumer) => consumer.channel !== this)
  }

  /** What it had not settled goes back to the queues, in its order. */
  leave(): void {
    this.#stopConsuming()
    for (const { queue, message } of [...this.#unsettled.values()].reverse())
      queue.messages.unshift({ ...message, redelivered: true })
    const queues = new Set([...this.#unsettled.values()].map(({ queue }) => queue))
    this.#unsettled.clear()
    for (const queue of queues) pump(queue)
  }
}

function pump(queue: Queue): void {
  for (;;) {
    const [consumer] = queue.consumers
    const message = consumer && queue.messages.shift()
    if (!message) return
    queue.consumers.push(...queue.consumers.splice(0, 1))
    consumer.channel.deliver(queue, consumer.tag, message)
  }
}
