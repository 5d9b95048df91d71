import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { removeFolder, root } from './platform.ts'

/** From `git clone` to a page that can be used: nothing is installed, nothing is built, there is no data. npm's own cache is as it is. */
const folder = mkdtempSync(join(tmpdir(), 'straylight-clone-'))
const clone = join(folder, 'straylight')
const started = performance.now()
const seconds = () => ((performance.now() - started) / 1000).toFixed(1)
if (spawnSync('git', ['clone', '--quiet', root, clone], { stdio: 'inherit' }).status !== 0) throw new Error('it cannot be cloned')
const cloned = seconds()
const child = spawn('npm', ['start'], {
  cwd: clone,
  env: { ...process.env, STRAYLIGHT_PORT: '0', STRAYLIGHT_DATA: join(folder, 'data') },
  stdio: ['ignore', 'ignore', 'inherit'],
})
const installed = join(clone, 'node_modules', '.package-lock.json')
const run = join(folder, 'data', 'run.json')
let installedAt = ''
while (!existsSync(run)) {
  if (child.exitCode !== null) throw new Error('it did not start')
  if (!installedAt && existsSync(installed)) installedAt = seconds()
  await pause(50)
}
const { url, pids } = JSON.parse(readFileSync(run, 'utf8')) as { url: string; pids: { launcher: number } }
const page = await fetch(url, { headers: { accept: 'text/html' } })
if (!page.ok) throw new Error(`the page answered ${page.status}`)
console.log(`cloned after ${cloned} s, installed after ${installedAt} s, a usable page after ${seconds()} s`)
process.kill(pids.launcher, 'SIGTERM')
await new Promise((resolve) => child.once('exit', resolve))
removeFolder(folder)
