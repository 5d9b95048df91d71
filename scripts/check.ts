import { checks } from './checks.ts'
import { take } from './steps.ts'

// `npm run check`: what can be told within half a minute, before the tests.
const broken = await take(checks)
if (broken.length > 0) process.stdout.write(`\nNot in order: ${broken.join(', ')}.\n`)
process.exitCode = broken.length > 0 ? 1 : 0
