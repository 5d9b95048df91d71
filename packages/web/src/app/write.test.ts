import { ApiError } from '@straylight/api'
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { expect, test } from 'vitest'
import { createSSRApp } from 'vue'
import { useWriting } from './write.ts'

/** A component's setup, without a document. */
function inApp<T>(use: () => T): T {
  const app = createSSRApp({ render: () => null })
  app.use(VueQueryPlugin, { queryClient: new QueryClient() })
  return app.runWithContext(use)
}

test('pressing again after a lost answer sends the same key, and a new order a new one', async () => {
  const sent: string[] = []
  let isLost = true
  const order = inApp(() =>
    useWriting(async (_: { name: string }, key) => {
      sent.push(key)
      if (isLost) throw new ApiError(0, undefined)
      return 'taken'
    }),
  )
  await expect(order.mutateAsync({ name: 'web-01' })).rejects.toThrow()
  isLost = false
  expect(await order.mutateAsync({ name: 'web-01' })).toBe('taken')
  await order.mutateAsync({ name: 'web-01' })
  expect(sent[1]).toBe(sent[0])
  expect(sent[2]).not.toBe(sent[0])
})
