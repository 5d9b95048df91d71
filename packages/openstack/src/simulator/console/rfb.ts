import type { Picture } from './screen.ts'
import type { ByteSocket, ByteSocketHandlers } from './websocket.ts'

export interface RfbOptions {
  name: string
  /** The screen now. */
  picture(): Picture
  /** A key was pressed, as an X keysym. */
  onKey(keysym: number): void
  /** Calls back while the picture may have changed. @returns how to stop. */
  watch(tick: () => void): () => void
}

/**
 * The server's side of RFB 3.8 (RFC 6143), the protocol of VNC: no password, one picture, raw pixels. It sends what it shows when asked,
 * the whole of it, and again once it has changed.
 */
export function serveRfb(socket: ByteSocket, options: RfbOptions): ByteSocketHandlers {
  let pending = Buffer.alloc(0)
  let stage: 'version' | 'security' | 'init' | 'running' = 'version'
  let shown: Buffer | undefined
  /** The viewer waits for a change. */
  let isAwaited = false
  socket.send(Buffer.from('RFB 003.008\n'))
  const stop = options.watch(() => {
    if (isAwaited) update(true)
  })

  function update(isIncremental: boolean): void {
    const { width, height, pixels } = options.picture()
    if (isIncremental && shown?.equals(pixels)) {
      isAwaited = true
      return
    }
    isAwaited = false
    shown = pixels
    const header = Buffer.alloc(16)
    header.writeUInt16BE(1, 2)
    header.writeUInt16BE(width, 8)
    header.writeUInt16BE(height, 10)
    socket.send(Buffer.concat([header, pixels]))
  }

  /** Takes one message. @returns how many bytes it was, 0 when more must come, -1 when this is not RFB. */
  function take(bytes: Buffer): number {
    switch (stage) {
      case 'version':
        if (bytes.length < 12) return 0
        // One kind of security: none.
        socket.send(Buffer.of(1, 1))
        stage = 'security'
        return 12
      case 'security':
        socket.send(Buffer.alloc(4))
        stage = 'init'
        return 1
      case 'init':
        socket.send(serverInit())
        stage = 'running'
        return 1
      default:
        return takeMessage(bytes)
    }
  }

  function takeMessage(bytes: Buffer): number {
    switch (bytes[0]) {
      case 0: // the pixel format: ours is the one that viewers ask for
        return bytes.length < 20 ? 0 : 20
      case 2: {
        if (bytes.length < 4) return 0
        const size = 4 + 4 * bytes.readUInt16BE(2)
        return bytes.length < size ? 0 : size
      }
      case 3:
        if (bytes.length < 10) return 0
        update(bytes[1] === 1)
        return 10
      case 4:
        if (bytes.length < 8) return 0
        if (bytes[1] === 1) options.onKey(bytes.readUInt32BE(4))
        return 8
      case 5:
        return bytes.length < 6 ? 0 : 6
      case 6: {
        if (bytes.length < 8) return 0
        // A negative length is the extended clipboard of newer viewers.
        const size = 8 + Math.abs(bytes.readInt32BE(4))
        return bytes.length < size ? 0 : size
      }
      default:
        return -1
    }
  }

  function serverInit(): Buffer {
    const { width, height } = options.picture()
    const name = Buffer.from(options.name)
    const init = Buffer.alloc(24)
    init.writeUInt16BE(width, 0)
    init.writeUInt16BE(height, 2)
    // 32 bits a pixel, 24 of them colour, little-endian, true colour; red at bit 16, green at 8, blue at 0.
    init.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4)
    init.writeUInt32BE(name.length, 20)
    return Buffer.concat([init, name])
  }

  return {
    onBytes(bytes) {
      pending = Buffer.concat([pending, bytes])
      for (let used = take(pending); pending.length > 0 && used !== 0; used = pending.length > 0 ? take(pending) : 0) {
        if (used < 0) {
          stop()
          socket.close()
          return
        }
        pending = pending.subarray(used)
      }
    },
    onClose: stop,
  }
}
