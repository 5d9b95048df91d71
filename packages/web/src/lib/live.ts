import { type Ref, ref } from 'vue'

/** `polling`: the stream is lost or not yet open; what is on screen is fetched again from time to time. */
export type LiveState = 'live' | 'polling'

export interface Change {
  type: string
  id: string
  project_id?: string | null | undefined
}

export interface LiveOptions {
  url: string
  /** Something changed: fetch it again. */
  onChange: (change: Change) => void
  /** While the stream is lost, and once after it opened: anything may have changed. True when all that is on screen was answered. */
  onPoll: () => Promise<boolean>
  pollMs?: number
  /** For tests. */
  open?: (url: string) => EventSource
}

export interface Live {
  state: Ref<LiveState>
  /** When what is on screen was known to be true, by this computer's clock, ms since the epoch. */
  updatedAt: Ref<number>
  close: () => void
}

/** Two beats of the server (every 15 s) and the time that one may be late. */
const silentMs = 35_000
const watchMs = 5000

/**
 * Listens to `/v2/events`. EventSource reconnects by itself until the server refuses for good; then we try again, slower each time
 * up to half a minute. A stream that says nothing for two beats is dead (a laptop that slept, a network that changed) and is opened anew.
 * It is live when the stream is open and what happened before it opened was fetched.
 */
export function createLive({
  url,
  onChange,
  onPoll,
  pollMs = 15_000,
  open = (address) => new EventSource(address, { withCredentials: true }),
}: LiveOptions): Live {
  const state = ref<LiveState>('polling')
  const updatedAt = ref(Date.now())
  let source: EventSource | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let waitMs = 1000
  let closed = false
  let wordAt = Date.now()

  /** Rises with every stream that opens or is lost: an answer to an older question does not make the stream of now live. */
  let turn = 0

  async function poll() {
    const asked = turn
    const answered = await onPoll().catch(() => false)
    if (closed || !answered) return
    updatedAt.value = Date.now()
    if (asked === turn && source?.readyState === 1) state.value = 'live'
  }
  function heard() {
    wordAt = Date.now()
    // Up to this word every change was told.
    if (state.value === 'live') updatedAt.value = wordAt
  }
  function lost() {
    turn += 1
    state.value = 'polling'
  }
  function connect() {
    const stream = open(url)
    source = stream
    wordAt = Date.now()
    stream.addEventListener('open', () => {
      turn += 1
      waitMs = 1000
      heard()
      // What happened while nobody listened is unknown.
      void poll()
    })
    stream.addEventListener('change', (event) => {
      heard()
      onChange(JSON.parse((event as MessageEvent<string>).data) as Change)
    })
    stream.addEventListener('beat', heard)
    stream.addEventListener('error', () => {
      if (stream !== source) return
      lost()
      if (stream.readyState !== 2 || closed) return
      stream.close()
      clearTimeout(retry)
      retry = setTimeout(connect, waitMs)
      waitMs = Math.min(30_000, waitMs * 2)
    })
  }
  function reconnectWhenSilent(): boolean {
    // A stream that was refused is opened again in its own time.
    if (source?.readyState === 2 || Date.now() - wordAt <= silentMs) return false
    lost()
    source?.close()
    connect()
    void poll()
    return true
  }
  // Timers of a hidden page, or of a computer that slept, are late: who looks again sees no old figures.
  function looked() {
    if (document.hidden || reconnectWhenSilent()) return
    if (state.value !== 'live') void poll()
  }
  connect()
  const watch = setInterval(reconnectWhenSilent, watchMs)
  const polling = setInterval(() => {
    if (state.value !== 'live' && !document.hidden) void poll()
  }, pollMs)
  document.addEventListener('visibilitychange', looked)

  return {
    state,
    updatedAt,
    close() {
      closed = true
      source?.close()
      clearTimeout(retry)
      clearInterval(watch)
      clearInterval(polling)
      document.removeEventListener('visibilitychange', looked)
    },
  }
}
