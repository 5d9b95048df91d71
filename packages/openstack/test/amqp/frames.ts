/** How AMQP 0-9-1 is written down: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.3 and 4.2. */
export const frameTypes = { method: 1, header: 2, body: 3, heartbeat: 8 } as const

const frameEnd = 0xce

export interface Frame {
  type: number
  channel: number
  payload: Buffer
}

/** The whole frames at the start of `bytes`, and what is left of them. */
export function takeFrames(bytes: Buffer): { frames: Frame[]; rest: Buffer } {
  const frames: Frame[] = []
  let at = 0
  while (bytes.length - at >= 7) {
    const size = bytes.readUInt32BE(at + 3)
    if (bytes.length - at < size + 8) break
    if (bytes[at + 7 + size] !== frameEnd) throw new Error('a frame does not end where it says')
    frames.push({
      type: bytes.readUInt8(at),
      channel: bytes.readUInt16BE(at + 1),
      payload: bytes.subarray(at + 7, at + 7 + size),
    })
    at += size + 8
  }
  return { frames, rest: bytes.subarray(at) }
}

export function frame(type: number, channel: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(7)
  head.writeUInt8(type, 0)
  head.writeUInt16BE(channel, 1)
  head.writeUInt32BE(payload.length, 3)
  return Buffer.concat([head, payload, Buffer.of(frameEnd)])
}

/** A method's arguments, read in their order. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  #take(size: number): Buffer {
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  u8 = (): number => this.#take(1).readUInt8()
  u16 = (): number => this.#take(2).readUInt16BE()
  u64 = (): number => Number(this.#take(8).readBigUInt64BE())
  /** One of the next eight flags; no other of them can be read then. */
  bit = (place: number): boolean => ((this.u8() >> place) & 1) === 1
  shortText = (): string => this.#take(this.u8()).toString()
}

export const u8 = (value: number): Buffer => Buffer.of(value)

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

export const shortText = (text: string): Buffer => Buffer.concat([u8(Buffer.byteLength(text)), Buffer.from(text)])
export const longText = (text: string): Buffer => Buffer.concat([u32(Buffer.byteLength(text)), Buffer.from(text)])
