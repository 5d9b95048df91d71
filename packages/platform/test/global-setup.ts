import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { systemClock } from '@straylight/kit'
import { openDatabase } from '../src/foundation/db.ts'
import { migrate } from '../src/foundation/migrate.ts'
import { createDatabase, type EmbeddedPostgres, startPostgres } from '../src/foundation/postgres.ts'
import { TaskEngine } from '../src/foundation/tasks/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the maintenance database `postgres` on the cluster of this test run. */
    postgresUrl: string
  }
}

/** The database that every test file gets a copy of: all migrations, no rows. */
export const templateName = 'template_straylight'

const prefix = 'straylight-test-'

/** One embedded PostgreSQL for the whole run, in a folder of its own that every user can reach, without syncing to disk. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned()
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  const cluster = await startPostgres(folder)
  const end = async () => {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
    rmSync(socketsOf(cluster.url), { recursive: true, force: true })
  }
  try {
    await withoutSync(cluster)
    await createDatabase(cluster.urlOf('postgres'), templateName)
    const template = new pg.Pool({ connectionString: cluster.urlOf(templateName) })
    await migrate(template).finally(() => template.end()) // a template that somebody is connected to cannot be copied
    await openQueue(cluster.urlOf(templateName))
  } catch (error) {
    await end()
    throw error
  }
  project.provide('postgresUrl', cluster.urlOf('postgres'))
  return end
}

/** The task queue's tables too, so that no test has to make them. */
async function openQueue(url: string): Promise<void> {
  const database = openDatabase(url)
  const engine = new TaskEngine({ database, clock: systemClock(), log: { stepFailed() {} } })
  await engine.open()
  await engine.stop()
  await database.close()
  if (!database.pool.ended) await database.pool.end()
}

const socketsOf = (url: string) => new URLSearchParams(url.split('?')[1]).get('host') ?? ''

async function withoutSync(cluster: EmbeddedPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.urlOf('postgres') })
  await client.connect()
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes'])
    await client.query(`alter system set ${setting} = off`)
  await client.query('select pg_reload_conf()')
  await client.end()
}

/** A run that was killed could not clean up: its folder names its process, and the cluster in it is told by its working folder. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(tmpdir(), name)
    if (isAlive(Number(name.slice(prefix.length).split('-')[0]))) continue
    const cluster = clusterIn(join(folder, 'postgres'))
    if (cluster) {
      process.kill(cluster.pid, 'SIGQUIT')
      for (let waitedMs = 0; waitedMs < 5000 && isAlive(cluster.pid); waitedMs += 20)
        await new Promise((resolve) => setTimeout(resolve, 20))
      rmSync(cluster.sockets, { recursive: true, force: true })
    }
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The first line of postmaster.pid is the process, the fifth its socket folder. */
function clusterIn(data: string): { pid: number; sockets: string } | undefined {
  try {
    const [pid, , , , sockets = ''] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    return readlinkSync(`/proc/${pid}/cwd`) === data ? { pid: Number(pid), sockets } : undefined
  } catch {
    return undefined // no such file or process: nothing to end
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
