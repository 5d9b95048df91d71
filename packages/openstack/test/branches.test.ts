import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const covered = [
  'errors.ts',
  'decode.ts',
  'network/rule-match.ts',
  'notifications/decode.ts',
  'notifications/vocabulary.ts',
  'times.ts',
  'versions.ts',
]

/** Of a report in the form of lcov: the lines with a branch that was never taken, by file. */
function untaken(report: string): Map<string, string[]> {
  const files = new Map<string, string[]>()
  for (const section of report.split('end_of_record')) {
    const file = /^SF:src\/(.+)$/m.exec(section)?.[1]
    if (file === undefined) continue
    const never = [...section.matchAll(/^BRDA:(\d+),\d+,\d+,(?:0|-)$/gm)].map(([, line]) => `${file}:${line}`)
    files.set(file, never)
  }
  return files
}

test('the tables of cases take every branch of the classification of errors and of the normalisers', async () => {
  const folder = fileURLToPath(new URL('../', import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--test',
      '--test-reporter=lcov',
      '--experimental-test-coverage',
      ...covered.map((file) => `--test-coverage-include=src/${file}`),
      fileURLToPath(new URL('./branches/run.ts', import.meta.url)),
    ],
    { cwd: folder, env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_V8_COVERAGE: undefined, NODE_OPTIONS: undefined } },
  )
  const files = untaken(stdout)
  expect([...files.keys()].sort()).toEqual([...covered].sort())
  expect([...files.values()].flat()).toEqual([])
})
