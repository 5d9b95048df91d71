import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdjustableClock } from '@straylight/kit'
import { startBillmanagerSimulator } from '@straylight/billmanager/simulator'
import { startOpenstackSimulator } from '@straylight/openstack/simulator'
import { startTungstenSimulator } from '@straylight/tungsten/simulator'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { type Config, ConfigurationError, readConfig } from './config.ts'
import { takeFolder } from './data-folder.ts'
import { demoCustomer, demoHistoryMs, ensureOperator, playDemo } from './demo.ts'
import { isDatabaseAway, openDatabase } from './foundation/db.ts'
import { migrate } from './foundation/migrate.ts'
import { ensureWritable, startPostgres } from './foundation/postgres.ts'
import { loadSecrets } from './foundation/secrets.ts'
import { accountByEmail } from './identity/index.ts'
import { builtWeb } from './web-build.ts'

const say = (line = '') => process.stdout.write(`${line}\n`)

/** Ends what was started, in reverse order; only what this process started, so a second start that is refused ends nothing. */
const undo: (() => Promise<unknown>)[] = []
let ownRunFile: string | undefined
let stopping: Promise<void> | undefined
const stop = (code: number) => {
  stopping ??= (async () => {
    if (ownRunFile) rmSync(ownRunFile, { force: true })
    for (const end of undo.reverse())
      await Promise.race([end(), new Promise((resolve) => setTimeout(resolve, 20_000).unref())]).catch(() => {})
    process.exit(code)
  })()
  return stopping
}

try {
  await main(readConfig(process.env))
} catch (error) {
  process.stderr.write(`\n${(error as Error).message}\n`)
  // A plain Error without a code is one of ours, and its sentence is all that there is to say; of any other the place matters.
  const isPlain = (error as Error).constructor === Error && !('code' in (error as Error))
  if (!isPlain && !(error instanceof ConfigurationError))
    pino(pino.destination({ dest: 2, sync: true })).error({ err: error }, 'the start failed')
  await stop(1)
}

/** Starts the embedded parts that have no URL, builds the app, listens. */
async function main(config: Config): Promise<void> {
  const started = performance.now()
  const logger = pino(
    {
      level: config.logLevel,
      redact: { paths: ['*.password', '*.token', '*.authorization', '*.cookie'], remove: true },
      serializers: { err: describeError },
    },
    pino.destination({ dest: 2, sync: true }),
  )

  ensureWritable(config.dataFolder)
  await refuseSecond(config)
  rmSync(config.runFile, { force: true }) // of a process that was killed
  ownRunFile = config.runFile
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0))
  // The launcher is gone, however it ended: nothing that it started stays behind.
  process.on('disconnect', () => void stop(0))
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'a promise failed and nobody looked'))

  // Built, where that is needed, while the database starts.
  const web = builtWeb(say)
  web.catch(() => {}) // told where it is waited for

  let tellRun: (() => void) | undefined
  const postgres = config.databaseUrl ? undefined : await startPostgres(config.dataFolder)
  if (postgres) {
    undo.push(() => postgres.stop())
    postgres.watch({
      onRestart: () => {
        logger.warn('the embedded PostgreSQL had ended and was started again')
        if (!stopping) tellRun?.()
      },
      onLost(error) {
        if (stopping) return
        process.stderr.write(`\n${error.message}\n`)
        void stop(1)
      },
    })
  }
  const database = openDatabase(config.databaseUrl ?? postgres?.url ?? '', {
    onError: (error) => logger.warn({ err: error }, 'a database connection ended'),
  })
  undo.push(() => database.close())
  await migrate(database.pool).catch((error: unknown) => {
    throw config.databaseUrl && isDatabaseAway(error)
      ? new ConfigurationError(
          `The database of DATABASE_URL cannot be reached: ${(error as Error).message}. Start it, or mend the URL.`,
        )
      : error
  })

  const loginsFile = join(config.dataFolder, 'logins.json')
  const isFirstStart = !existsSync(loginsFile)
  const logins = readLogins(loginsFile)
  const clockFile = join(config.dataFolder, 'clock.json')
  const plays = config.isSimulated && !(await accountByEmail(database.db, logins.customer.email))
  const clock = new AdjustableClock(
    'flowing',
    new Date(Date.now() + (plays ? -demoHistoryMs : config.isSimulated ? aheadMs(clockFile) : 0)),
  )
  const keepClock = () => {
    if (!config.isSimulated) return
    writeFileSync(`${clockFile}.new`, JSON.stringify({ ahead_ms: clock.now().getTime() - Date.now() }))
    renameSync(`${clockFile}.new`, clockFile)
  }
  const secrets = loadSecrets(config.dataFolder, config.secretKey)

  const openstackSimulator = config.openstackAuthUrl
    ? undefined
    : await startOpenstackSimulator({ clock, pace: 'auto', dataFile: join(config.dataFolder, 'openstack.jsonl') })
  if (openstackSimulator) undo.push(() => openstackSimulator.close())
  const tungstenSimulator =
    config.tungstenUrl || config.openstackAuthUrl
      ? undefined
      : await startTungstenSimulator({ clock, generation: 'opensdn', dataFile: join(config.dataFolder, 'tungsten.jsonl') })
  if (tungstenSimulator) undo.push(() => tungstenSimulator.close())
  const billmanagerSimulator =
    config.billmanagerUrl || config.openstackAuthUrl
      ? undefined
      : await startBillmanagerSimulator({ clock, dataFile: join(config.dataFolder, 'billmanager.jsonl') })
  if (billmanagerSimulator) undo.push(() => billmanagerSimulator.close())

  const app = await createApp({
    database,
    clock,
    secrets,
    logger,
    currency: config.currency,
    isSimulated: config.isSimulated,
    signUpsPerHour: config.signUpsPerHour,
    takesDemoPayments: config.isSimulated || config.demoPayments,
    openstack: {
      authUrl: config.openstackAuthUrl ?? openstackSimulator?.authUrl ?? '',
      username: openstackSimulator?.credentials.username ?? config.openstackUsername,
      password: openstackSimulator?.credentials.password ?? config.openstackPassword ?? '',
      userDomain: openstackSimulator?.credentials.userDomain ?? config.openstackUserDomain,
      adminProject: openstackSimulator?.adminProject ?? config.openstackAdminProject,
      customersDomain: openstackSimulator?.customersDomain ?? config.openstackCustomersDomain,
      externalNetwork: config.openstackExternalNetwork,
      region: config.openstackRegion,
      bootsPerSecond: config.bootsPerSecond,
    },
    neighbours: {
      tungsten: urlOf(config.tungstenUrl ?? tungstenSimulator?.url),
      billmanager: config.billmanagerUrl
        ? { url: config.billmanagerUrl, username: config.billmanagerUsername, password: config.billmanagerPassword ?? '' }
        : billmanagerSimulator && { url: billmanagerSimulator.url, ...billmanagerSimulator.credentials },
    },
    amqpUrl: config.amqpUrl,
    webFolder: await web,
    secureCookies: config.publicUrl?.startsWith('https:') ?? false,
    trustProxy: config.trustProxy === '' ? false : config.trustProxy,
    processMetrics: true,
    metricsToken: config.metricsToken,
    onAdvance: keepClock,
  })
  undo.push(() => app.close())
  await app.prepare()

  await ensureOperator(database.db, clock, config.currency, logins.operator)
  await app.work({ workers: config.workers, pollSeconds: config.pollSeconds })
  if (plays) {
    await playDemo({ app, database, clock, login: logins.customer })
    keepClock()
  }

  const address = await listen(app.http, config)
  const simulators = {
    openstack: openstackSimulator?.url,
    tungsten: tungstenSimulator?.url,
    billmanager: billmanagerSimulator?.url,
  }
  tellRun = () => {
    const run = {
      url: address,
      api: `${address}/v2`,
      simulators,
      ...(config.isSimulated ? { customer: logins.customer } : {}),
      operator: logins.operator,
      pids: { platform: process.pid, ...(postgres ? { postgres: postgres.pid } : {}), launcher: process.ppid },
    }
    writeFileSync(`${config.runFile}.new`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 })
    renameSync(`${config.runFile}.new`, config.runFile)
  }
  tellRun()

  say(`\n  Straylight is ready after ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
  say(`  Web app    ${address}`)
  say(`  API        ${address}/v2   described at ${address}/docs`)
  if (config.isSimulated) {
    say(`  Customer   ${logins.customer.email}   ${logins.customer.password}`)
    say(`  Operator   ${logins.operator.email}   ${logins.operator.password}`)
  } else if (isFirstStart) say(`  Operator   ${logins.operator.email}   the password is in ${loginsFile}`)
  for (const [name, url] of Object.entries(simulators)) if (url) say(`  Simulated  ${name.padEnd(12)} ${url}`)
  say(`  Data       ${config.dataFolder}\n\n  Ctrl-C ends it; the next start finds everything again.\n`)
}

function urlOf(url: string | undefined): { url: string } | undefined {
  return url === undefined ? undefined : { url }
}

/** Of an error its words and its place; what else hangs on it (a whole connection, say) is nobody's reading. */
function describeError(error: Error & { code?: unknown; cause?: unknown }): object {
  const { name, message, code, stack, cause } = error
  return { type: name, message, code, stack, ...(cause instanceof Error ? { cause: `${cause.name}: ${cause.message}` } : {}) }
}

async function listen(
  http: { listen(options: { host: string; port: number }): Promise<string> },
  config: { host: string; port: number },
): Promise<string> {
  try {
    const address = await http.listen({ host: config.host, port: config.port })
    return address.replace('127.0.0.1', 'localhost').replace('[::1]', 'localhost')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new ConfigurationError(
        `Port ${config.port} is in use. Stop what uses it, or start with STRAYLIGHT_PORT=${config.port + 1}.`,
      )
    if (code === 'EACCES')
      throw new ConfigurationError(
        `Port ${config.port} may not be opened by this user. Use one above 1023: STRAYLIGHT_PORT=8080.`,
      )
    throw error
  }
}

/** @throws ConfigurationError that says where the first one is */
async function refuseSecond({ dataFolder, runFile }: Config): Promise<void> {
  const taken = await takeFolder(dataFolder)
  if (!taken) return
  const run = existsSync(runFile)
    ? (JSON.parse(readFileSync(runFile, 'utf8')) as { url: string; pids: { platform: number } })
    : undefined
  const url = run?.pids.platform === taken.heldBy ? run.url : undefined
  throw new ConfigurationError(
    url
      ? `Straylight runs already with this data folder, at ${url} (process ${taken.heldBy}). End it first, or set STRAYLIGHT_DATA to another folder.`
      : `Straylight is being started with this data folder already (process ${taken.heldBy}). Wait until it is ready, or set STRAYLIGHT_DATA to another folder.`,
  )
}

function aheadMs(file: string): number {
  if (!existsSync(file)) return 0
  return Math.max(0, Number((JSON.parse(readFileSync(file, 'utf8')) as { ahead_ms: number }).ahead_ms) || 0)
}

interface Logins {
  customer: { email: string; password: string }
  operator: { email: string; password: string }
}

/** Made by the first start, different everywhere: an installation that is left open has no password that everybody knows. */
function readLogins(file: string): Logins {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Logins
  const password = () => randomBytes(9).toString('base64url').replace(/[-_]/g, 'x')
  const logins = {
    customer: { email: demoCustomer.email, password: password() },
    operator: { email: 'operator@straylight.example', password: password() },
  }
  writeFileSync(file, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600 })
  return logins
}
