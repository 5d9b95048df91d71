/** One event of a stream; `name` is empty when it had none. Comments, which keep the line alive, become nothing. */
export interface ServerSentEvent {
  name: string
  data: string
}

/**
 * Takes bytes as they come and gives events as they become whole. It never throws: whatever is no event is left out.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamReader {
  readonly #decoder = new TextDecoder()
  /** What came of the line that has no end yet: an event of many megabytes comes in thousands of chunks, and each is searched once. */
  #pieces: string[] = []
  /** A `\r` came last, and what comes next tells whether it is half of a `\r\n`. */
  #isReturnHeld = false
  #name = ''
  #data: string[] = []

  push(chunk: Uint8Array): ServerSentEvent[] {
    const come = (this.#isReturnHeld ? '\r' : '') + this.#decoder.decode(chunk, { stream: true })
    this.#isReturnHeld = come.endsWith('\r')
    const text = this.#isReturnHeld ? come.slice(0, -1) : come
    const events: ServerSentEvent[] = []
    let start = 0
    for (const end of text.matchAll(/\r\n|\n|\r/g)) {
      this.#pieces.push(text.slice(start, end.index))
      start = end.index + end[0].length
      const event = this.#line(this.#pieces.join(''))
      this.#pieces = []
      if (event) events.push(event)
    }
    if (start < text.length) this.#pieces.push(text.slice(start))
    return events
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === '') {
      const event = this.#data.length > 0 ? { name: this.#name, data: this.#data.join('\n') } : undefined
      this.#name = ''
      this.#data = []
      return event
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#name = value
    if (field === 'data') this.#data.push(value)
    return undefined
  }
}
