import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

/**
 * Run as a program: takes the cases of protocol-cases.ts through the protocol layer and prints, as JSON, every piece of the named source
 * files that none of them ran, by V8's own block coverage. An empty list means that every branch was taken.
 */
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

const cases = await import('./protocol-cases.ts')
for (const { see } of Object.values(cases).flat()) await see()

const { result } = await session.post('Profiler.takePreciseCoverage')
const uncovered: string[] = []
for (const name of ['protocol/errors', 'protocol/document', 'protocol/amount', 'protocol/list', 'dates', 'marker']) {
  const file = new URL(`../../src/${name}.ts`, import.meta.url)
  const script = result.find(({ url }) => url === file.href)
  if (!script) uncovered.push(`${name}.ts was not loaded`)
  const source = readFileSync(file, 'utf8')
  for (const { functionName, ranges } of script?.functions ?? [])
    for (const { count, startOffset, endOffset } of ranges)
      if (count === 0)
        uncovered.push(
          `${name}.ts:${source.slice(0, startOffset).split('\n').length} ${functionName}: ${source.slice(startOffset, endOffset).trim().slice(0, 80)}`,
        )
}
process.stdout.write(JSON.stringify(uncovered))
