import type pg from 'pg'

/** A number of our own, held as a database lock for as long as this process lives, so that others can tell that it does. */
export interface WorkerNumber {
  number: number
  release(): void
}

/** @param onLost the database went away and took the lock with it. */
export async function takeWorkerNumber(pool: pg.Pool, onLost: () => void): Promise<WorkerNumber> {
  const client = await pool.connect()
  let held = true
  const release = () => {
    if (held) client.release(true) // the lock ends with its connection
    held = false
  }
  client.on('error', () => {
    if (!held) return // one loss may be told twice
    release()
    onLost()
  })
  for (;;) {
    const number = 1 + Math.floor(Math.random() * 1_000_000_000)
    const { rows } = await client.query<{ got: boolean }>(
      `select pg_try_advisory_lock(hashtext('straylight.worker'), $1) as got`,
      [number],
    )
    if (rows[0]?.got) return { number, release }
  }
}
