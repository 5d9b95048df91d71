import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const run = (url: URL, env: Record<string, string> = {}) =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(url)], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  })

test('the example of the README runs', () => {
  const { stdout, status } = run(new URL('../examples/first-charge.ts', import.meta.url))
  expect(status).toBe(0)
  expect(stdout).toContain('charge 5001; the same order again finds charge 5001')
  expect(stdout).toMatch(/bill: \d+ bytes of PDF/)
})

test('the figures of the README can be measured again', () => {
  const { stdout } = run(new URL('../bench/client.ts', import.meta.url), { BENCH_CALLS: '20' })
  expect(stdout.match(/ms of CPU per call/g)).toHaveLength(4)
})
