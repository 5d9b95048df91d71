import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('every branch of the classification of errors and of the normalisers is taken by a case', () => {
  const program = fileURLToPath(new URL('./support/uncovered.ts', import.meta.url))
  const uncovered: unknown = JSON.parse(
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', program], { encoding: 'utf8' }),
  )
  expect(uncovered).toEqual([])
})
