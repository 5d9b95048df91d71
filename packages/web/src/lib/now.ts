import { onScopeDispose, readonly, type Ref, ref } from 'vue'

/** How far the service's clock is ahead of this computer's, in ms: computers go wrong, and a demo's clock can be moved. */
let aheadMs = 0

/** Learns the service's time from an answer that has just arrived. */
export function setServerTime(at: string, receivedAtMs = Date.now()): void {
  const ahead = Date.parse(at) - receivedAtMs
  // Under two seconds it is the way of the answer, not the clock.
  aheadMs = Math.abs(ahead) >= 2000 ? ahead : 0
  now.value = presentMs()
}

/** The service has written of this moment, so its clock is not behind it. */
export function serverTimeIsAtLeast(at: string): void {
  if (Date.parse(at) > presentMs() + 2000) setServerTime(at)
}

/** The present moment by the service's clock, ms since 1970. */
export const presentMs = (): number => Date.now() + aheadMs

const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The present moment by the service's clock in ms, moving once a second while anyone looks at it. One timer serves the whole page. */
export function useNow(): Readonly<Ref<number>> {
  now.value = presentMs()
  users += 1
  timer ??= setInterval(() => {
    if (!document.hidden) now.value = presentMs()
  }, 1000)
  onScopeDispose(() => {
    users -= 1
    if (users > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return readonly(now)
}
