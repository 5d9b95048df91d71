import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { almostStill } from './gallery/visit.ts'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const root = fileURLToPath(new URL('../', import.meta.url))
export const chromiumPath = '/usr/bin/chromium'
const startsWithinMs = 180_000

/** Tests in the browser need Debian's Chromium; `npm test` installs it where it may. */
export const hasChromium = existsSync(chromiumPath)

export interface Login {
  email: string
  password: string
}

/** What the platform writes into its data folder once it is ready. */
interface RunFile {
  url: string
  customer: Login
  operator: Login
  pids: { platform: number }
}

export interface PageOptions {
  /** Signed in as; nobody when absent. */
  as?: Login
  theme?: 'dark' | 'light'
  language?: 'en' | 'ru'
  width?: number
  height?: number
}

export interface World {
  url: string
  customer: Login
  operator: Login
  browser: Browser
  /** A page in a browser of its own. What its console complains about, and whom it asked beside the service, is in `complaints`. */
  open(options?: PageOptions): Promise<{ page: Page; context: BrowserContext; complaints: string[] }>
  /** Moves the service's clock on to `moment`; what is due by then is done. @throws Error when it is later already */
  goOnTo(moment: Date): Promise<void>
  /** Only with `at`: time all but stops for the service; pages that are opened from now on show `moment`. */
  stopTime(moment: Date): void
  stop(): Promise<void>
}

/**
 * The whole service as `npm start` gives it, in a fresh folder and on a free port, and a browser beside it. With `STRAYLIGHT_RUN`, the
 * `run.json` of a service that runs already, the tests use that one. `at`: the time on the service's clock when it starts.
 */
export async function startWorld({ at }: { at?: Date } = {}): Promise<World> {
  const given = process.env.STRAYLIGHT_RUN
  if (given && !at) {
    const run = JSON.parse(readFileSync(given, 'utf8')) as RunFile
    return worldOf(run, await launch(), async () => {})
  }
  const folder = mkdtempSync(join(tmpdir(), 'straylight-e2e-'))
  // The embedded PostgreSQL runs as another user when the tests run as root.
  chmodSync(folder, 0o755)
  const platform = spawn(process.execPath, [join(root, 'run.mjs'), 'packages/platform/src/main.ts'], {
    cwd: root,
    env: { ...process.env, STRAYLIGHT_DATA: folder, STRAYLIGHT_PORT: '0', ...(at ? clockSetTo(at) : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [platform.stdout, platform.stderr])
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000)
    })
  try {
    const run = await readyRun(join(folder, 'run.json'), platform, () => said)
    return worldOf(run, await launch(), async () => {
      await end(platform)
      rmSync(folder, { recursive: true, force: true })
    })
  } catch (error) {
    await end(platform)
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

const clockSetTo = (at: Date) => ({
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('set-clock.ts', import.meta.url))}`,
  STRAYLIGHT_TEST_CLOCK: at.toISOString(),
})

function worldOf(run: RunFile, browser: Browser, end: () => Promise<void>): World {
  let stoppedAt: Date | undefined
  return {
    url: run.url,
    customer: run.customer,
    operator: run.operator,
    browser,
    open: (options = {}) => openPage(browser, run.url, options, stoppedAt),
    async goOnTo(moment) {
      const context = await browser.newContext({ baseURL: run.url })
      await signIn(context, run.url, run.operator)
      const advance = async (seconds: number) => {
        const answer = await context.request.post('/v2/operator/demo/advance', {
          data: { seconds },
          headers: { origin: run.url },
        })
        if (!answer.ok()) throw new Error(`The clock was not moved: ${answer.status()} ${await answer.text()}`)
        return Date.parse(((await answer.json()) as { result: { now: string } }).result.now)
      }
      const secondsLeft = Math.floor((moment.getTime() - (await advance(1))) / 1000)
      if (secondsLeft < 1) throw new Error(`It is ${-secondsLeft} s later than ${moment.toISOString()} already.`)
      await advance(secondsLeft)
      await context.close()
    },
    stopTime(moment) {
      process.kill(run.pids.platform, 'SIGUSR2')
      stoppedAt = moment
    },
    async stop() {
      await browser.close()
      await end()
    },
  }
}

/** Letters are drawn alike on every machine: no hinting, no coloured edges. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb'],
  })

async function readyRun(file: string, platform: ChildProcess, said: () => string): Promise<RunFile> {
  for (const until = Date.now() + startsWithinMs; Date.now() < until; await pause(100)) {
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as RunFile
    if (platform.exitCode !== null) break
  }
  throw new Error(`The platform did not become ready. It said:\n${said()}`)
}

async function end(platform: ChildProcess): Promise<void> {
  if (platform.exitCode !== null || platform.signalCode !== null) return
  const over = new Promise((resolve) => platform.once('exit', resolve))
  platform.kill('SIGTERM')
  await Promise.race([over, pause(30_000)])
  if (platform.exitCode === null && platform.signalCode === null) platform.kill('SIGKILL')
}

async function openPage(
  browser: Browser,
  url: string,
  { as, theme = 'dark', language = 'en', width = 1440, height = 900 }: PageOptions,
  stoppedAt: Date | undefined,
) {
  const phone = width < 640
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height },
    locale: language === 'ru' ? 'ru-RU' : 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...(phone ? { hasTouch: true, isMobile: true } : {}),
  })
  // Before any page: what the person chose in this browser.
  await context.addInitScript(
    (chosen) => localStorage.setItem('straylight.preferences', chosen),
    JSON.stringify({ theme, language }),
  )
  if (stoppedAt) await context.addInitScript({ content: almostStill(stoppedAt) })
  if (as) await signIn(context, url, as)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  // A page asks nobody but the service that gave it, whatever the browser would have allowed.
  context.on('request', (request) => {
    const asked = new URL(request.url())
    if (/^(?:https?|wss?):$/.test(asked.protocol) && asked.host !== new URL(url).host) complaints.push(`asked ${request.url()}`)
  })
  return { page, context, complaints }
}

/** Signs the browser in as the form would: the session is the cookie of the answer. */
async function signIn(context: BrowserContext, url: string, login: Login): Promise<void> {
  const answer = await context.request.post('/v2/account/sign-in', { data: login, headers: { origin: url } })
  if (!answer.ok()) throw new Error(`Sign-in was refused: ${answer.status()} ${await answer.text()}`)
}
