import type { Page } from 'playwright-core'

/** Tabs through the whole page once: how many stops, which of them show no ring of focus, and what was never reached. */
export async function walkByTab(page: Page): Promise<{ stops: number; unseen: string[]; unreached: string[] }> {
  // From the top, also where a field took the focus by itself.
  await page.evaluate(
    `window.walked = new Set(); document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')`,
  )
  const unseen: string[] = []
  for (let stop = 0; stop < 600; stop += 1) {
    await page.keyboard.press('Tab')
    const { name, seen, again } = await page.evaluate<{ name: string; seen: boolean; again: boolean }>(`(async () => {
      // What slides in when it is focused is there a frame later.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      const element = document.activeElement
      const again = element === document.body || window.walked.has(element)
      window.walked.add(element)
      const { width, height, top, bottom } = element.getBoundingClientRect()
      const ringed = (one) => one && (getComputedStyle(one).outlineStyle !== 'none' || (one.tagName === 'TR' && getComputedStyle(one.cells[0]).boxShadow !== 'none'))
      const cell = element.closest('td')
      const visible = width > 0 && height > 0 && bottom > 0 && top < innerHeight
      return { name: element.outerHTML.slice(0, 120), seen: visible && (ringed(element) || ringed(element.parentElement) || (cell && getComputedStyle(cell).boxShadow !== 'none')), again }
    })()`)
    if (again) break
    // A guard at the edge of an open list hands the focus on.
    if (!seen && !name.includes('data-reka-focus-guard')) unseen.push(name)
  }
  // One stop stands for a set: a row for its rows, a radio button for its group, where arrows go on.
  const { stops, unreached } = await page.evaluate<{ stops: number; unreached: string[] }>(`(() => {
    const walked = [...window.walked]
    const all = [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex]')].filter((element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility({ visibilityProperty: true }))
    const isReached = (element) =>
      window.walked.has(element) ||
      element.hasAttribute('data-reka-focus-guard') ||
      (element.getAttribute('role') === 'radiogroup' && walked.some((one) => element.contains(one))) ||
      (element.matches('input[type=radio]') && walked.some((one) => one.name === element.name)) ||
      (element.matches('tr.row') && walked.some((one) => one.closest('table') === element.closest('table')))
    return { stops: walked.length, unreached: all.filter((element) => !isReached(element)).map((element) => element.outerHTML.slice(0, 120)) }
  })()`)
  return { stops, unseen, unreached }
}
