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
  /** While the stream is lost, and once after it came back: anything may have changed. */
  onPoll: () => void
  pollMs?: number
  /** For tests. */
  open?: (url: string) => EventSource
}

export interface Live {
  state: Ref<LiveState>
  /** When the last word came, by this computer's clock, ms since the epoch. */
  updatedAt: Ref<number>
  close: () => void
}

/**
 * Listens to `/v2/events`. EventSource reconnects by itself until the server refuses for good; then we try again, slower each time
 * up to half a minute.
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
  let wasOpen = false
  let closed = false

  const heard = () => {
    updatedAt.value = Date.now()
  }
  function connect() {
    source = open(url)
    source.addEventListener('open', () => {
      heard()
      waitMs = 1000
      // What happened while nobody listened is unknown.
      if (wasOpen || state.value === 'polling') onPoll()
      wasOpen = true
      state.value = 'live'
    })
    source.addEventListener('change', (event) => {
      heard()
      onChange(JSON.parse((event as MessageEvent<string>).data) as Change)
    })
    source.addEventListener('beat', heard)
    source.addEventListener('error', () => {
      state.value = 'polling'
      if (source?.readyState !== 2 || closed) return
      source.close()
      clearTimeout(retry)
      retry = setTimeout(connect, waitMs)
      waitMs = Math.min(30_000, waitMs * 2)
    })
  }
  connect()
  const poll = setInterval(() => {
    if (state.value === 'live' || document.hidden) return
    onPoll()
    heard()
  }, pollMs)

  return {
    state,
    updatedAt,
    close() {
      closed = true
      source?.close()
      clearTimeout(retry)
      clearInterval(poll)
    },
  }
}
