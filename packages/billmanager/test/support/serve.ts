import { AdjustableClock } from '@straylight/kit'
import { startBillmanagerSimulator } from '../../src/simulator/index.ts'

/** A simulator as a process of its own, to be killed: `serve.ts DATAFILE START`. Tells its parent where it is. */
const [dataFile = '', at = ''] = process.argv.slice(2)
const simulator = await startBillmanagerSimulator({ clock: new AdjustableClock('still', new Date(at)), dataFile })
process.send?.({ url: simulator.url })
