/** What vitest's JSON report says of a run, as far as it is counted here. */
export interface Report {
  numPassedTests: number
  numFailedTests: number
  testResults: {
    name: string
    status: string
    assertionResults: { fullName: string; status: string }[]
  }[]
}

export interface Tally {
  passed: number
  failed: number
  /** Of tests that did not run, whatever the reason. */
  skipped: string[]
  /** Files that failed before or beside their tests: each counts as one failure. */
  brokenFiles: string[]
}

/** Counts a run. A file that cannot be loaded has no failed test, and is a failure all the same. */
export function tally(report: Report): Tally {
  const isFailed = ({ status }: { status: string }) => status === 'failed'
  const brokenFiles = report.testResults
    .filter((file) => isFailed(file) && !file.assertionResults.some(isFailed))
    .map(({ name }) => name)
  const skipped = report.testResults.flatMap((file) =>
    file.assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ fullName }) => fullName),
  )
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles.length, skipped, brokenFiles }
}
