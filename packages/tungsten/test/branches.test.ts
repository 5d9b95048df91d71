import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const covered = [
  'errors.ts',
  'ids.ts',
  'decode.ts',
  'config/list.ts',
  'config/server-sent-events.ts',
  'analytics/traffic.ts',
  'analytics/nodes.ts',
]

test('the cases take every branch of the classification of errors and of what normalises ids, values, lists, feeds, nodes and counters', async () => {
  const folder = fileURLToPath(new URL('../', import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--test',
      '--test-reporter=tap',
      '--experimental-test-coverage',
      ...covered.map((file) => `--test-coverage-include=src/${file}`),
      'test/branches/run.ts',
    ],
    { cwd: folder, env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_V8_COVERAGE: undefined, NODE_OPTIONS: undefined } },
  )
  // # file | line % | branch % | funcs % | uncovered lines
  const branches = (file: string) =>
    new RegExp(`^#\\s+${file.replace(/^.*\//, '')}\\s+\\|[^|]*\\|\\s*([\\d.]+)`, 'm').exec(stdout)?.[1]
  for (const file of covered) expect(`${file}: ${branches(file)} %`).toBe(`${file}: 100.00 %`)
})
