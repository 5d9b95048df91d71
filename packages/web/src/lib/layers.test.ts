import { expect, test } from 'vitest'
import { createRenderer, h, nextTick, type Ref, ref } from 'vue'
import { type Layer, page, topLayer, useLayer, useOpenLayer } from './layers.ts'

const nothing = () => ({})
const { createApp } = createRenderer<object, object>({
  createComment: nothing,
  createElement: nothing,
  createText: nothing,
  insert: () => {},
  nextSibling: () => null,
  parentNode: () => null,
  patchProp: () => {},
  remove: () => {},
  setElementText: () => {},
  setText: () => {},
})

/** A component that lies open while `open` is true, and the layer of what it contains. */
function opened(open: Ref<boolean>): { inside: () => Layer | undefined; dispose: () => void } {
  let inside: Ref<Layer> | undefined
  const content = {
    setup() {
      inside = useLayer()
      return () => null
    },
  }
  const app = createApp({
    setup() {
      useOpenLayer(open)
      return () => h(content)
    },
  })
  app.mount({})
  return { inside: () => inside?.value, dispose: () => app.unmount() }
}

test('an open menu takes the keys from the page, and gives them back', async () => {
  const menu = ref(false)
  const { inside, dispose } = opened(menu)
  expect(topLayer.value).toBe(page)
  menu.value = true
  await nextTick()
  expect(topLayer.value).not.toBe(page)
  expect(inside()).toBe(topLayer.value)
  menu.value = false
  await nextTick()
  expect([topLayer.value, inside()]).toEqual([page, page])
  dispose()
})

test('a dialog that a menu opened has the keys, although the menu closes after it', async () => {
  const [menu, dialog] = [ref(true), ref(false)]
  const both = [opened(menu), opened(dialog)]
  dialog.value = true
  await nextTick()
  const top: Layer = topLayer.value
  menu.value = false
  await nextTick()
  expect(topLayer.value).toBe(top)
  dialog.value = false
  await nextTick()
  expect(topLayer.value).toBe(page)
  for (const { dispose } of both) dispose()
})

test('what goes away open leaves no layer behind', () => {
  const { dispose } = opened(ref(true))
  expect(topLayer.value).not.toBe(page)
  dispose()
  expect(topLayer.value).toBe(page)
})
