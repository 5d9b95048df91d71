import { mkdtempSync, readFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../packages/platform/src/foundation/db.ts'
import { migrate } from '../packages/platform/src/foundation/migrate.ts'
import { startPostgres } from '../packages/platform/src/foundation/postgres.ts'
import { printDocuments } from './documents.ts'
import { root } from './steps.ts'

// `npm run docs`: writes the documents that come from code. A test compares them with what the code prints now.
const folder = mkdtempSync(join(tmpdir(), 'straylight-docs-'))
const postgres = await startPostgres(folder)
try {
  const database = openDatabase(postgres.url)
  await migrate(database.pool)
  for (const { path, text } of await printDocuments(database)) {
    const file = join(root, path)
    const isNew = !existsSync(file) || readFileSync(file, 'utf8') !== text
    if (isNew) writeFileSync(file, text)
    process.stdout.write(`${isNew ? 'written  ' : 'unchanged'}  ${path}\n`)
  }
  await database.close()
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
