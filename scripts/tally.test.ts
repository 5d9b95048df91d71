import { expect, test } from 'vitest'
import { tally } from './tally.ts'

const file = (name: string, status: string, ...tests: [string, string][]) => ({
  name,
  status,
  assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
})

test('a run counts what passed, what failed and names what was skipped', () => {
  const report = {
    numPassedTests: 1,
    numFailedTests: 1,
    testResults: [file('a', 'failed', ['adds', 'passed'], ['divides', 'failed']), file('b', 'passed', ['signs in', 'skipped'])],
  }
  expect(tally(report)).toEqual({ passed: 1, failed: 1, skipped: ['signs in'], brokenFiles: [] })
})

test('a file that cannot be loaded is a failure although none of its tests failed', () => {
  const report = { numPassedTests: 0, numFailedTests: 0, testResults: [file('broken', 'failed')] }
  expect(tally(report)).toEqual({ passed: 0, failed: 1, skipped: [], brokenFiles: ['broken'] })
})

test('a test that was left for later is skipped, not passed', () => {
  const report = {
    numPassedTests: 0,
    numFailedTests: 0,
    testResults: [file('a', 'passed', ['later', 'todo'], ['never', 'pending'])],
  }
  expect(tally(report).skipped).toEqual(['later', 'never'])
})
