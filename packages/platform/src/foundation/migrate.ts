import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'

const folder = fileURLToPath(new URL('../../migrations/', import.meta.url))

/**
 * Brings the schema up to date: each file of `migrations/` runs once, in order, all in one transaction,
 * under a lock so that two platforms that start together do not race.
 * @throws Error when the database knows a migration that this version does not: it was used by a newer one.
 */
export async function migrate(pool: pg.Pool): Promise<string[]> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(`select pg_advisory_xact_lock(hashtext('straylight.migrate'))`)
    await client.query(
      'create table if not exists migration (name text primary key, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ name: string }>('select name from migration')
    const applied = new Set(rows.map((row) => row.name))
    const unknown = [...applied].filter((name) => !files.includes(name))
    if (unknown.length > 0)
      throw new Error(
        `The database was used by a newer version (it has ${unknown.join(', ')}). Start that version, or give another database.`,
      )
    const missing = files.filter((name) => !applied.has(name))
    for (const name of missing) {
      await client.query(readFileSync(`${folder}${name}`, 'utf8'))
      await client.query('insert into migration (name) values ($1)', [name])
    }
    await client.query('commit')
    return missing
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
