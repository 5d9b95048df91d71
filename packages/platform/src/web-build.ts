import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const web = fileURLToPath(new URL('../../web/', import.meta.url))
const dist = join(web, 'dist')

/** The folder of the built web app; built now when it is missing or older than its sources. */
export async function builtWeb(say: (line: string) => void): Promise<string> {
  const page = join(dist, 'index.html')
  if (
    existsSync(page) &&
    newest([join(web, 'src'), join(web, 'public'), join(web, 'index.html'), join(web, '../api/src')]) <= statSync(page).mtimeMs
  )
    return dist
  say('Building the web app; this happens once and takes some seconds …')
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
  await new Promise<void>((resolve, reject) => {
    const build = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
      cwd: web,
      // A test's environment would put Vue's development warnings into it.
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    build.once('error', reject)
    build.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error('The web app could not be built; what the build says is above.')),
    )
  })
  return dist
}

function newest(paths: string[]): number {
  return Math.max(
    0,
    ...paths.map((path) => {
      if (!existsSync(path)) return 0
      const stat = statSync(path)
      return stat.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : stat.mtimeMs
    }),
  )
}
