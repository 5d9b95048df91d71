import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const mostBytes = 1 << 20

/** The server's end of a web socket that carries bytes (RFC 6455): what a console needs and no more. */
export interface ByteSocket {
  send(bytes: Buffer): void
  close(): void
}

export interface ByteSocketHandlers {
  onBytes(bytes: Buffer): void
  onClose(): void
}

/** Answers the handshake; undefined when the request is none, and then the connection is over. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  open: (socket: ByteSocket) => ByteSocketHandlers,
): void {
  const key = request.headers['sec-websocket-key']
  if (!key) {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    return
  }
  const accept = createHash('sha1')
    .update(key + magic)
    .digest('base64')
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim())
  const chosen = protocols.includes('binary') ? 'Sec-WebSocket-Protocol: binary\r\n' : ''
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${chosen}\r\n`,
  )
  const handlers = open({
    send: (bytes) => {
      if (!socket.destroyed) socket.write(frame(2, bytes))
    },
    close: () => {
      if (!socket.destroyed) socket.end(frame(8, Buffer.of(0x03, 0xe8)))
    },
  })
  let pending = head
  let message = Buffer.alloc(0)
  const take = (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      const next = parse(pending)
      if (!next) break
      pending = pending.subarray(next.size)
      if (next.size > mostBytes || next.opcode === 8) {
        socket.end(frame(8, Buffer.alloc(0)))
        return
      }
      if (next.opcode === 9) socket.write(frame(10, next.payload))
      if (next.opcode > 2) continue
      message = Buffer.concat([message, next.payload])
      if (next.isLast) {
        handlers.onBytes(message)
        message = Buffer.alloc(0)
      }
    }
    if (pending.length > mostBytes) socket.destroy()
  }
  socket.on('data', take)
  socket.on('close', () => handlers.onClose())
  socket.on('error', () => socket.destroy())
  if (head.length > 0) take(Buffer.alloc(0))
}

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.of(0x80 | opcode, length), payload])
  if (length < 65_536) {
    const header = Buffer.of(0x80 | opcode, 126, 0, 0)
    header.writeUInt16BE(length, 2)
    return Buffer.concat([header, payload])
  }
  const header = Buffer.alloc(10)
  header[0] = 0x80 | opcode
  header[1] = 127
  header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, payload])
}

interface Frame {
  opcode: number
  isLast: boolean
  payload: Buffer
  /** With its header. */
  size: number
}

function parse(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined
  const [first = 0, second = 0] = bytes
  let length = second & 0x7f
  let at = 2
  if (length === 126) {
    if (bytes.length < 4) return undefined
    length = bytes.readUInt16BE(2)
    at = 4
  } else if (length === 127) {
    if (bytes.length < 10) return undefined
    length = Number(bytes.readBigUInt64BE(2))
    at = 10
  }
  const isMasked = (second & 0x80) !== 0
  const start = at + (isMasked ? 4 : 0)
  if (bytes.length < start + length) return undefined
  const payload = Buffer.from(bytes.subarray(start, start + length))
  if (isMasked) for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ (bytes[at + (i & 3)] as number)
  return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, payload, size: start + length }
}
