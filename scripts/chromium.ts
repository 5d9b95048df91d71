import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run } from './steps.ts'

const path = '/usr/bin/chromium'

/** Debian's Chromium, installed when this user may. @returns a sentence that says how to get it when it is not there. */
export async function ensureChromium(): Promise<string | undefined> {
  if (existsSync(path)) return undefined
  const byHand = `There is no ${path}, so the tests in the browser are skipped. Install it: apt-get install chromium`
  if (!existsSync('/usr/bin/apt-get')) return byHand
  const isRoot = process.getuid?.() === 0
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return byHand
  const apt = (...args: string[]) =>
    run('env', [...(isRoot ? [] : ['sudo', '-n', 'env']), 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args])
  process.stdout.write('Installing Chromium for the tests in the browser …\n')
  await apt('update')
  await apt('install', '-y', '--no-install-recommends', 'chromium')
  return existsSync(path) ? undefined : byHand
}
