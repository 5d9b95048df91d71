import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import type { Broker } from './broker.ts'

// Where the packages of Debian and of Red Hat put it. Debian's own command on the path lets nobody but its user run it.
const command = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export const hasRabbitmq = existsSync(command)

/** A RabbitMQ of our own on loopback, in a folder that goes with it; what else runs on the machine is left alone. */
export async function startRabbitmq(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'rabbitmq-'))
  const [port, distribution, names] = [await freePort(), await freePort(), await freePort()]
  writeFileSync(join(folder, 'rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\ndefault_user = portal\ndefault_pass = lab\n`)
  writeFileSync(join(folder, 'advanced.config'), '[{kernel, [{inet_dist_use_interface, {127,0,0,1}}]}].\n')
  writeFileSync(join(folder, 'plugins'), '[].\n')
  // Erlang's nodes have a server of names, epmd; this one has its own.
  const epmd = { ERL_EPMD_PORT: String(names), ERL_EPMD_ADDRESS: '127.0.0.1' }
  const child = spawn(command, {
    detached: true,
    stdio: 'ignore',
    env: {
      ...env,
      ...epmd,
      HOME: folder,
      RABBITMQ_NODENAME: `notifications-${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
      RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_PID_FILE: join(folder, 'pid'),
    },
  })
  async function close(): Promise<void> {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGTERM')
    if (child.exitCode === null) await gone
    spawnSync('/usr/bin/epmd', ['-kill'], { env: { ...env, ...epmd }, stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true })
  }
  for (let waitedMs = 0; !(await listens(port)); waitedMs += 200) {
    if (child.exitCode !== null || waitedMs > 60_000) {
      await close()
      throw new Error('RabbitMQ did not start')
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return { url: `amqp://portal:lab@127.0.0.1:${port}`, close }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
