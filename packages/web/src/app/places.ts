/** What scrolls: the main area, and windows of long lists in it. */
type Scroller = Pick<HTMLElement, 'scrollTop'>
interface Spot {
  of: readonly Scroller[]
  tops: readonly number[]
}

const restoreFrames = 60
const focusFrames = 12
const nextFrame = () => new Promise<void>((resolve) => requestAnimationFrame(() => resolve()))

/**
 * How far each entry of the history was scrolled. The frame's main area scrolls, not the window, so the browser remembers nothing.
 * @param scrollers those of the page that is shown
 */
export class Places {
  readonly #scrollers: () => readonly Scroller[]
  readonly #frame: () => Promise<void>
  readonly #tops = new Map<number, readonly number[]>()
  #entry: number
  #arrivals = 0

  constructor(scrollers: () => readonly Scroller[], entry: number, frame = nextFrame) {
    this.#scrollers = scrollers
    this.#entry = entry
    this.#frame = frame
  }

  /** Before the page changes. */
  leave(): void {
    this.#tops.set(
      this.#entry,
      this.#scrollers().map(({ scrollTop }) => scrollTop),
    )
  }

  /** The same page under the same entry or another: nothing scrolls. */
  stay(entry: number): void {
    this.#entry = entry
  }

  /** A new page begins at its top. */
  begin(entry: number): void {
    this.#arrivals += 1
    this.#entry = entry
    this.#tops.delete(entry)
    for (const scroller of this.#scrollers()) scroller.scrollTop = 0
  }

  /** Goes where this entry was left. Lists may need some frames until they are as long as they were; who scrolls meanwhile is left alone. */
  async comeBack(entry: number): Promise<void> {
    this.#arrivals += 1
    const arrival = this.#arrivals
    this.#entry = entry
    const wanted = this.#tops.get(entry) ?? [0]
    let before: Spot = { of: [], tops: [] }
    for (let frames = 0; frames < restoreFrames && arrival === this.#arrivals; frames += 1) {
      const now = this.#scrollers()
      const moved = before.of.some((scroller, index) => Math.abs(scroller.scrollTop - (before.tops[index] ?? 0)) > 1)
      if (moved) return
      for (const [index, top] of wanted.entries()) {
        const scroller = now[index]
        if (scroller) scroller.scrollTop = top
      }
      if (wanted.every((top, index) => Math.abs((now[index]?.scrollTop ?? -9) - top) <= 1)) return
      before = { of: now, tops: now.map(({ scrollTop }) => scrollTop) }
      await this.#frame()
    }
  }
}

const main = () => document.querySelector<HTMLElement>('main')
export const scrollersOnScreen = (): HTMLElement[] => {
  const found = main()
  return found ? [found, ...found.querySelectorAll<HTMLElement>('[data-keeps-place]')] : []
}
/** vue-router numbers the entries of the history. */
export const entryNow = (): number => Number((history.state as { position?: number } | null)?.position ?? 0)

/**
 * Brings the keyboard, and who listens, to the new page: to its h1, which may appear with the first answer, else to the main area. A field
 * that the page has focused itself, or the tab by which the page was turned, keeps the focus.
 */
export async function focusPage(): Promise<void> {
  for (let frames = 0; frames < focusFrames; frames += 1) {
    await nextFrame()
    const found = main()
    const { activeElement } = document
    if (!found || (activeElement !== found && found.contains(activeElement))) return
    if (activeElement?.closest('[role="dialog"]')) return
    const head = found.querySelector<HTMLElement>('h1')
    if (!head && frames < focusFrames - 1) continue
    const target = head ?? found
    target.tabIndex = -1
    target.focus({ preventScroll: true })
    return
  }
}
