import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { builtWeb } from '../packages/platform/src/web-build.ts'
import { checks } from './checks.ts'
import { ensureChromium } from './chromium.ts'
import { root, runNode, type Step, take } from './steps.ts'
import { type Report, tally } from './tally.ts'

// `npm test`: everything that needs no cloud. Each step is taken also when one before it does not hold, so that one run tells all.
const say = (line: string) => process.stdout.write(`${line}\n`)
const folder = mkdtempSync(join(tmpdir(), 'straylight-report-'))
const reportFile = join(folder, 'report.json')

const steps: Step[] = [
  ...checks,
  {
    name: 'The web app, built',
    async holds() {
      await builtWeb(say)
      return true
    },
  },
  {
    name: 'A browser',
    async holds() {
      say((await ensureChromium()) ?? 'Chromium is there.')
      return true
    },
  },
  {
    name: 'Tests',
    holds: () =>
      runNode('vitest/vitest.mjs', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]),
  },
]

const started = performance.now()
const broken = await take(steps)
const report = existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as Report) : undefined
rmSync(folder, { recursive: true })
const { passed, failed, skipped, brokenFiles } = report ? tally(report) : { passed: 0, failed: 0, skipped: [], brokenFiles: [] }
// The tests count one by one; every other step that does not hold, and a run that failed beside its tests, counts as one.
const besides = broken.filter((name) => name !== 'Tests' || failed === 0)

say('\n── Result '.padEnd(105, '─'))
for (const name of besides) say(`Does not hold: ${name}`)
for (const name of brokenFiles) say(`Could not be run: ${relative(root, name)}`)
for (const name of skipped) say(`Skipped: ${name}`)
say(`${((performance.now() - started) / 1000).toFixed(0)} s`)
say(`${passed} passed, ${failed + besides.length} failed, ${skipped.length} skipped`)
process.exitCode = broken.length > 0 || failed > 0 ? 1 : 0
