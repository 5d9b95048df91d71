import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { majorOf, picturesAreOf } from './gallery/pictures.ts'
import { chromiumPath } from './world.ts'

const { stdout } = spawnSync(chromiumPath, ['--version'], { encoding: 'utf8' })
const major = majorOf(/Chromium ([\d.]+)/.exec(stdout ?? '')?.[1] ?? '')

// Skipped, and so named, where another Chromium is installed: there no picture is compared.
test.skipIf(major !== picturesAreOf)(`the pictures are those of Chromium ${picturesAreOf}, and are compared in it`, () => {
  expect(picturesAreOf).toMatch(/^\d+$/)
})
