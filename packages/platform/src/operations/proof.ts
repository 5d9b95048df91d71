import type { Clock } from '@straylight/kit'
import { prove } from '../billing/index.ts'
import type { Db } from '../foundation/db.ts'
import { openIncident, subjectsAtWork } from '../foundation/tasks/index.ts'

/** Proves the books and calls an operator when they do not prove. @returns how many differences there are. */
export async function proveBooks(db: Db, clock: Clock): Promise<number> {
  const differences = await prove(db, clock.now(), {
    ordersAlive: (subjects) =>
      subjectsAtWork(
        db,
        subjects.map(({ id }) => id),
      ),
  })
  if (differences.length === 0) return 0
  const [first] = differences
  const summary = `The books do not prove: ${differences.length} differences, the first: ${first?.rule}, ${first?.subject}: expected ${first?.expected}, found ${first?.found}`
  await openIncident(db, 'money.proof', undefined, summary, clock.now())
  return differences.length
}
