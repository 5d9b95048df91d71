import { ref } from 'vue'

/** How the service answers this browser: the time of the last answer in ms, and whether the last call was answered at all. */
export const service = ref<{ latencyMs: number | undefined; reachable: boolean }>({ latencyMs: undefined, reachable: true })

/** `fetch` that keeps `service` up to date. */
export const measuredFetch: typeof fetch = async (input, init) => {
  const begun = performance.now()
  try {
    const response = await fetch(input, init)
    service.value = { latencyMs: Math.round(performance.now() - begun), reachable: response.status < 500 }
    return response
  } catch (error) {
    if (!init?.signal?.aborted) service.value = { latencyMs: undefined, reachable: false }
    throw error
  }
}
