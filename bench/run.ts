import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './platform.ts'

/** `npm run bench [NAME …]`: every figure that is published, or those named. */
const own = ['clone', 'start', 'list', 'tasks', 'web', 'money'].map((name) => ({ name, file: join(root, 'bench', `${name}.ts`) }))
const packages = readdirSync(join(root, 'packages')).flatMap((name) => {
  const folder = join(root, 'packages', name, 'bench')
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.ts'))
        .map((file) => ({ name: `${name}/${file.slice(0, -3)}`, file: join(folder, file) }))
    : []
})
const wanted = process.argv.slice(2)
let failed = 0
for (const { name, file } of [...own, ...packages].filter((bench) => wanted.length === 0 || wanted.includes(bench.name))) {
  process.stdout.write(`\n── ${name} ──\n`)
  if (spawnSync(process.execPath, [file], { stdio: 'inherit', cwd: root }).status !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
