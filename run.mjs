#!/usr/bin/env node
// The launcher: `node run.mjs FILE [ARGUMENT …]` runs a program of this repository with the Node version that it is built for,
// after installing what is missing. It works with any Node from 20 on, so it uses nothing newer.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(import.meta.url))
const architecture = { x64: 'x64', arm64: 'arm64' }[process.arch]
const pinnedNode = join(root, 'node_modules', `node-linux-${architecture}`, 'bin', 'node')

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

if (process.platform !== 'linux' || !architecture)
  fail(`Straylight runs on Linux (x64 or arm64); this is ${process.platform} ${process.arch}.`)
if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or newer is needed to begin; this is ${process.version}.`)

const installed = join(root, 'node_modules', '.package-lock.json')
const lock = join(root, 'package-lock.json')
const stale = !existsSync(installed) || statSync(installed).mtimeMs + 1000 < statSync(lock).mtimeMs
if (stale || !existsSync(pinnedNode)) {
  process.stderr.write('Installing the dependencies; this happens once and takes about a minute …\n')
  // Not `npm ci`: it refuses a lock file without the optional packages of other platforms, which npm leaves out where a registry lacks them.
  const npm = spawnSync('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (npm.error) fail(`npm could not be started (${npm.error.message}). Install npm 10 or newer and try again.`)
  if (npm.status !== 0)
    fail('The dependencies could not be installed. What npm says is above; when it is mended, run the same command again.')
  if (!existsSync(pinnedNode))
    fail(
      `The pinned Node is missing (${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).optionalDependencies[`node-linux-${architecture}`]}). Install without --omit=optional.`,
    )
}

const [program, ...rest] = process.argv.slice(2)
if (!program) fail('Usage: node run.mjs FILE [ARGUMENT …]')

// The channel lets the program notice when this process is gone, however it ended.
const child = spawn(pinnedNode, ['--disable-warning=ExperimentalWarning', join(root, program), ...rest], {
  cwd: process.cwd(),
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, PATH: `${dirname(pinnedNode)}:${process.env.PATH ?? ''}` },
})
// Ctrl-C reaches the whole process group, so the program has a second to end by itself; an interrupt sent to this process alone is passed on then.
process.on('SIGINT', () => setTimeout(() => child.kill('SIGTERM'), 1000))
process.on('SIGTERM', () => child.kill('SIGTERM'))
process.on('SIGHUP', () => child.kill('SIGTERM'))
child.on('error', (error) => fail(`${pinnedNode} could not be started: ${error.message}`))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
