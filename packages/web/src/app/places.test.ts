import { expect, test } from 'vitest'
import { Places } from './places.ts'

/** A scroller as a browser has it: it does not go below its end. */
class Area {
  end: number
  #top = 0
  constructor(end: number) {
    this.end = end
  }
  get scrollTop() {
    return this.#top
  }
  set scrollTop(top) {
    this.#top = Math.min(Math.max(0, top), this.end)
  }
}

function page(...areas: Area[]) {
  const frames: (() => void)[] = []
  const each = { frame: () => {} }
  const places = new Places(
    () => areas,
    0,
    async () => {
      frames.push(() => {})
      each.frame()
    },
  )
  return { areas, places, each, frames }
}

test('a new page begins at its top, and Back goes to where the page before was left', async () => {
  const main = new Area(5000)
  const { places } = page(main)
  main.scrollTop = 1200
  places.leave()
  places.begin(1)
  expect(main.scrollTop).toBe(0)
  main.scrollTop = 300
  places.leave()
  await places.comeBack(0)
  expect(main.scrollTop).toBe(1200)
  places.leave()
  await places.comeBack(1)
  expect(main.scrollTop).toBe(300)
})

test('a list that is not there yet is waited for, a window inside the page too', async () => {
  const main = new Area(5000)
  const list = new Area(90_000)
  const { places, areas, each } = page(main, list)
  main.scrollTop = 40
  list.scrollTop = 8000
  places.leave()
  places.begin(1)
  areas.pop()
  let frames = 0
  each.frame = () => {
    frames += 1
    if (frames === 3) areas.push(new Area(90_000))
  }
  await places.comeBack(0)
  expect(areas.map(({ scrollTop }) => scrollTop)).toEqual([40, 8000])
})

test('who scrolls while the list still grows is left alone', async () => {
  const main = new Area(5000)
  const { places, each, frames } = page(main)
  main.scrollTop = 1200
  places.leave()
  places.begin(1)
  main.end = 500
  each.frame = () => {
    main.end = 5000
    main.scrollTop = 20
  }
  await places.comeBack(0)
  expect([main.scrollTop, frames.length]).toEqual([20, 1])
})

test('a filter moves nothing, and what was scrolled since is kept under the entry', async () => {
  const main = new Area(5000)
  const { places } = page(main)
  main.scrollTop = 100
  places.stay(0)
  main.scrollTop = 700
  places.leave()
  places.begin(1)
  await places.comeBack(0)
  expect(main.scrollTop).toBe(700)
})
