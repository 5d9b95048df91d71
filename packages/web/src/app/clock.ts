import { type Ref, onScopeDispose, ref } from 'vue'

/** How far the service's clock is ahead of this computer's, in ms. A demo can move the service's clock, and computers go wrong. */
let aheadMs = 0

/** Learns the service's time from an answer that has just arrived. */
export function setServerTime(at: string, receivedAtMs = Date.now()): void {
  const ahead = Date.parse(at) - receivedAtMs
  // The way of the answer takes a while: what is under two seconds is not the clock.
  aheadMs = Number.isFinite(ahead) && Math.abs(ahead) >= 2000 ? ahead : 0
}

/** The service's time, ms since 1970. */
export const serverNow = (): number => Date.now() + aheadMs

const seconds = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** The service's time as a value that moves every second while something looks at it. */
export function useNow(): Ref<number> {
  const now = ref(serverNow())
  const tick = () => {
    now.value = serverNow()
  }
  seconds.add(tick)
  timer ??= setInterval(() => seconds.forEach((each) => void each()), 1000)
  onScopeDispose(() => {
    seconds.delete(tick)
    if (seconds.size > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return now
}
