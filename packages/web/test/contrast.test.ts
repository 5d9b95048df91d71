import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

// The table of design decisions: which tokens meet, and the contrast that WCAG 2.2 AA asks of the pair. 4.5 for text, 3 for
// controls and graphics.
const text = 4.5
const graphics = 3
const pairs: [ink: string, ground: string, needs: number][] = [
  ...['bg', 'surface', 'raised', 'selected', 'selected-op', 'ion-tint', 'warn-tint', 'danger-tint'].map(on('text', text)),
  ...['surface', 'raised', 'hover', 'sunken', 'ion-tint', 'warn-tint', 'danger-tint'].map(on('text-2', text)),
  ...['bg', 'surface', 'raised', 'hover', 'selected', 'selected-op', 'sunken'].map(on('text-3', text)),
  ...['bg', 'surface', 'raised', 'sunken', 'ion-tint'].map(on('ion', text)),
  ...['bg', 'surface', 'raised', 'uv-tint', 'selected-op'].map(on('uv', text)),
  ...['bg', 'surface', 'raised', 'sunken', 'ok-tint'].map(on('ok', text)),
  ...['bg', 'surface', 'raised', 'sunken', 'selected', 'warn-tint'].map(on('warn', text)),
  ...['bg', 'surface', 'raised', 'hover', 'selected', 'danger-tint'].map(on('danger', text)),
  ['on-ion', 'ion', text],
  ['on-uv', 'uv', text],
  ['on-danger', 'danger-fill', text],
  ['danger-fill', 'surface', graphics],
  ['ion-2', 'surface', graphics],
  ['ion', 'selected', graphics],
  ...['bg', 'surface', 'raised', 'sunken'].map(on('control', graphics)),
]

function on(ink: string, needs: number) {
  return (ground: string): [string, string, number] => [ink, ground, needs]
}

const sheet = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8')

function tokensOf(theme: string): Map<string, string> {
  const block = new RegExp(`data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(sheet)?.[1]
  if (block === undefined) throw new Error(`there is no theme "${theme}"`)
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name as string, value as string]))
}

/** Relative luminance of an sRGB colour: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

test('black on white has the contrast of the standard, 21', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
})

test.each(['dark', 'light'])('every pair that meets on screen can be read in the %s theme', (theme) => {
  const tokens = tokensOf(theme)
  const colour = (name: string) => {
    const value = tokens.get(name)
    if (value === undefined) throw new Error(`the ${theme} theme has no --${name}`)
    return value
  }
  const weak = pairs
    .map(([ink, ground, needs]) => ({
      pair: `${ink} on ${ground}`,
      has: Number(contrast(colour(ink), colour(ground)).toFixed(2)),
      needs,
    }))
    .filter(({ has, needs }) => has < needs)
  expect(weak).toEqual([])
})

test('both themes name the same tokens', () => {
  expect([...tokensOf('dark').keys()]).toEqual([...tokensOf('light').keys()])
})
