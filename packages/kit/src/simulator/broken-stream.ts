import type { ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Fault } from './faults.ts'

/**
 * Puts a fault between an endless answer and who listens: `drop-after` cuts it after its first piece, `delay-after` holds each piece back,
 * `slow-body` sends a byte at a time, and `silent-ok` opens it and says nothing. Called before the answer begins.
 *
 * @returns takes the fault away again, for an answer that turns out to have an end
 */
export function breakStream(outgoing: ServerResponse, { effect, delay_ms }: Fault, clock: Clock): () => void {
  const through = outgoing.write.bind(outgoing) as (chunk: string | Buffer) => boolean
  const finish = outgoing.end.bind(outgoing)
  const closed = new AbortController()
  outgoing.on('close', () => closed.abort())
  let last: Promise<void> = Promise.resolve()
  let isCut = false
  const cut = () => {
    isCut = true
    outgoing.socket?.destroySoon()
  }

  const pass: ((chunk: string | Buffer) => void) | undefined = {
    'drop-after': (chunk: string | Buffer) => {
      if (isCut) return
      through(chunk)
      cut()
    },
    'silent-ok': () => outgoing.flushHeaders(),
    'delay-after': (chunk: string | Buffer) => {
      const due = clock.sleep(delay_ms ?? 1000, closed.signal)
      last = Promise.all([last, due]).then(
        () => void through(chunk),
        () => {},
      )
    },
    'slow-body': (chunk: string | Buffer) => {
      last = last.then(async () => {
        for (const byte of Buffer.from(chunk)) {
          if (closed.signal.aborted) return
          through(Buffer.of(byte))
          await new Promise((resolve) => setTimeout(resolve, delay_ms ?? 50))
        }
      })
    },
  }[effect as string]
  if (!pass) return () => {}
  const own = { write: outgoing.write, end: outgoing.end }
  outgoing.write = ((chunk: string | Buffer) => {
    pass(chunk)
    return true
  }) as typeof outgoing.write
  outgoing.end = ((chunk?: string | Buffer) => {
    if (effect === 'drop-after') cut()
    else if (effect === 'silent-ok') finish()
    else {
      if (chunk) pass(chunk)
      void last.then(() => finish())
    }
    return outgoing
  }) as typeof outgoing.end
  return () => void Object.assign(outgoing, own)
}
