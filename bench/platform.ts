import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../', import.meta.url))

export interface Platform {
  url: string
  customer: { email: string; password: string }
  pids: { platform: number; postgres: number }
  folder: string
  /** From the command to `run.json`. */
  secondsToReady: number
  stop(): Promise<void>
}

/** `npm start` on a free port, in a folder of its own or in `folder` again. */
export async function startPlatform(folder = newFolder()): Promise<Platform> {
  const started = performance.now()
  const child: ChildProcess = spawn(process.execPath, [join(root, 'run.mjs'), 'packages/platform/src/main.ts'], {
    cwd: root,
    env: { ...process.env, STRAYLIGHT_DATA: folder, STRAYLIGHT_PORT: '0' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const file = join(folder, 'run.json')
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error('the platform did not start')
    await pause(20)
  }
  return {
    ...(JSON.parse(readFileSync(file, 'utf8')) as Pick<Platform, 'url' | 'customer' | 'pids'>),
    folder,
    secondsToReady: (performance.now() - started) / 1000,
    async stop() {
      child.kill('SIGTERM')
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'straylight-bench-'))
  chmodSync(folder, 0o755)
  return folder
}

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true })

/** Resident memory of a process, MiB. */
export const rssMib = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)

/** The value below which the share `at` of the sorted values lies. */
export const percentile = (values: number[], at: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * at))] ?? Number.NaN
