import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../packages/platform/src/foundation/db.ts'
import { migrate } from '../packages/platform/src/foundation/migrate.ts'
import { startPostgres } from '../packages/platform/src/foundation/postgres.ts'

/** An embedded PostgreSQL with its default durability (it syncs), in a folder of its own that `end` removes. */
export async function newDatabase(): Promise<{ database: Database; end(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'straylight-bench-'))
  chmodSync(folder, 0o755)
  const postgres = await startPostgres(folder)
  const database = openDatabase(postgres.url)
  await migrate(database.pool)
  return {
    database,
    async end() {
      await database.close()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
