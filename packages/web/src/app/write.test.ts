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

test('what undoes an earlier wish makes the same words a new wish', async () => {
  const sent: string[] = []
  let isLost = true
  const act = inApp(() =>
    useWriting(
      async (_: { verb: 'start' | 'stop'; id: string }, key) => {
        sent.push(key)
        if (isLost) throw new ApiError(0, undefined)
      },
      () => [],
      { subject: ({ id }) => id },
    ),
  )
  await expect(act.mutateAsync({ verb: 'stop', id: 's1' })).rejects.toThrow()
  isLost = false
  await act.mutateAsync({ verb: 'start', id: 's1' })
  await act.mutateAsync({ verb: 'stop', id: 's1' })
  expect(new Set(sent).size).toBe(3)
})
