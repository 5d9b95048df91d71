import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { computed, effectScope, nextTick, ref } from 'vue'
import { useSettled, useUntil } from './settled.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what is still being typed is not settled', async () => {
  const typed = ref(80)
  const order = computed(() => ({ size: typed.value }))
  const { settled, isSettled } = useSettled(order, 250)
  expect(isSettled.value).toBe(true)
  typed.value = 800
  expect(isSettled.value).toBe(false)
  await nextTick()
  vi.advanceTimersByTime(249)
  expect(settled.value).toEqual({ size: 80 })
  vi.advanceTimersByTime(1)
  expect([settled.value, isSettled.value]).toEqual([{ size: 800 }, true])
})

test('a press waits for the price, but not for ever', async () => {
  const isPriced = ref(false)
  const until = effectScope().run(() => useUntil(isPriced, 5000)) as () => Promise<boolean>
  const [met, missed] = [until(), until()]
  void vi.advanceTimersByTime(4000)
  isPriced.value = true
  expect(await met).toBe(true)
  expect(await missed).toBe(true)
  expect(await until()).toBe(true)
  isPriced.value = false
  const late = until()
  vi.advanceTimersByTime(5000)
  expect(await late).toBe(false)
})

test('a press on a page that was left is not carried out', async () => {
  const isPriced = ref(false)
  const scope = effectScope()
  const until = scope.run(() => useUntil(isPriced, 5000))
  const pressed = until?.()
  scope.stop()
  isPriced.value = true
  expect(await pressed).toBe(false)
})
