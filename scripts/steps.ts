import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** A program of an installed package, by its file. */
export const installed = (file: string) => join(root, 'node_modules', file)

/** Something that holds or does not hold, and prints what is wrong when it does not. */
export interface Step {
  /** What the heading says. */
  name: string
  holds(): Promise<boolean>
}

const say = (line: string) => process.stdout.write(`${line}\n`)

/** Takes every step, also after one that does not hold. @returns the names of those that do not hold. */
export async function take(steps: Step[]): Promise<string[]> {
  const broken: string[] = []
  for (const { name, holds } of steps) {
    say(`\n── ${name} ${'─'.repeat(Math.max(3, 100 - name.length))}`)
    const started = performance.now()
    const held = await holds().catch((error: unknown) => {
      say(error instanceof Error ? error.message : String(error))
      return false
    })
    if (!held) broken.push(name)
    say(`${held ? 'ok' : 'FAILED'} · ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  return broken
}

/** Runs a program to its end, its output shown. @returns whether it ended well. */
export function run(program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
    child.once('error', (error) => {
      say(`${program} could not be started: ${error.message}`)
      resolve(false)
    })
    child.once('exit', (code) => resolve(code === 0))
  })
}

/** Runs a JavaScript program of an installed package with the Node that runs this. */
export const runNode = (file: string, args: string[], env?: NodeJS.ProcessEnv) =>
  run(process.execPath, [installed(file), ...args], env)
