import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeFolder } from './data-folder.ts'

let folder: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'straylight-folder-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Another process that tries to take the folder and then stays. @returns what it got */
async function another(): Promise<{ child: ChildProcess; got: string }> {
  const source = `import { takeFolder } from ${JSON.stringify(new URL('./data-folder.ts', import.meta.url).href)}
    process.stdout.write(JSON.stringify((await takeFolder(${JSON.stringify(folder)})) ?? 'the folder') + '\\n')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const got = await new Promise<string>((resolve) => child.stdout?.once('data', (chunk: Buffer) => resolve(String(chunk).trim())))
  return { child, got }
}

test('of several processes at once one gets the folder, and the others are told which', async () => {
  const all = await Promise.all([another(), another(), another(), another()])
  const winners = all.filter(({ got }) => got === '"the folder"')
  expect(winners).toHaveLength(1)
  const heldBy = { heldBy: winners[0]?.child.pid }
  expect(all.filter(({ got }) => got === JSON.stringify(heldBy))).toHaveLength(3)
})

test('a folder is free again the moment its process is killed', async () => {
  const { child } = await another()
  expect(await takeFolder(folder)).toEqual({ heldBy: child.pid })
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  expect((await another()).got).toBe('"the folder"')
})
