import { AdjustableClock } from '@straylight/kit'
import { startTungstenSimulator } from '../../src/simulator/index.ts'

// Started by persistence.test.ts, to be killed by it.
const [, , dataFile = ''] = process.argv
const clock = new AdjustableClock('flowing')
const { url, analyticsUrl } = await startTungstenSimulator({ clock, dataFile, traffic: 'still' })
process.stdout.write(`${JSON.stringify({ url, analyticsUrl })}\n`)
