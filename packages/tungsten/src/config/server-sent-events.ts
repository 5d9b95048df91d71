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
  #rest = ''
  #name = ''
  #data: string[] = []

  push(chunk: Uint8Array): ServerSentEvent[] {
    this.#rest += this.#decoder.decode(chunk, { stream: true })
    const events: ServerSentEvent[] = []
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.#rest)
      if (!end) return events
      const line = this.#rest.slice(0, end.index)
      this.#rest = this.#rest.slice(end.index + end[0].length)
      const event = this.#line(line)
      if (event) events.push(event)
    }
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
