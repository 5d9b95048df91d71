import { type Clock, newId } from '@straylight/kit'
import { prove } from '../billing/index.ts'
import type { Db } from '../foundation/db.ts'

/** Proves the books and calls an operator when they do not prove. @returns how many differences there are. */
export async function proveBooks(db: Db, clock: Clock): Promise<number> {
  const differences = await prove(db, clock.now(), {
    ordersAlive: async (subjects) => {
      const ids = subjects.map(({ id }) => id)
      if (ids.length === 0) return new Set()
      const open = await db
        .selectFrom('task')
        .select('subject_id')
        .where('subject_id', 'in', ids)
        .where('finished_at', 'is', null)
        .execute()
      return new Set(open.map(({ subject_id }) => subject_id))
    },
  })
  if (differences.length === 0) return 0
  const [first] = differences
  const summary = `The books do not prove: ${differences.length} differences, the first: ${first?.rule}, ${first?.subject}: expected ${first?.expected}, found ${first?.found}`
  await db
    .insertInto('incident')
    .values({ id: newId(), kind: 'money.proof', task_id: null, summary, opened_at: clock.now(), closed_at: null })
    .execute()
  return differences.length
}
