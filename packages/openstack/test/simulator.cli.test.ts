import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { systemClock } from '@straylight/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OpenstackSimulator, startOpenstackSimulator } from '../src/simulator/index.ts'
import { hasTool } from './tools.ts'

function isOnPath(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Debian's python3-openstackclient, a client that we did not write. Without it these tests are skipped, or fail when `STRAYLIGHT_REQUIRE` names it. */
const story = "a customer's whole life with the openstack command-line client"
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHb0nVn1VlyPSs2BKkbMf2YW5hKzEX9ULxZr8wxFmzHK k1\n'

describe.skipIf(!hasTool('openstack-cli', isOnPath('openstack')))(story, { timeout: 240_000 }, () => {
  let sim: OpenstackSimulator
  let who = { user: 'portal', password: 'lab', project: 'admin', domain: 'Default' }

  beforeAll(async () => {
    sim = await startOpenstackSimulator({ clock: systemClock(), speed: 0.2 })
  })
  afterAll(() => sim.close())

  /** Runs commands one after the other in one process, as typed at its prompt. It throws what came on the error output. */
  async function type(...commands: string[]): Promise<string> {
    const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OS_')))
    const child = spawn('openstack', {
      env: {
        ...clean,
        OS_AUTH_URL: sim.authUrl,
        OS_IDENTITY_API_VERSION: '3',
        OS_COMPUTE_API_VERSION: '2.92',
        OS_USERNAME: who.user,
        OS_PASSWORD: who.password,
        OS_USER_DOMAIN_NAME: who.domain,
        OS_PROJECT_NAME: who.project,
        OS_PROJECT_DOMAIN_NAME: who.domain,
      },
    })
    let [out, trouble] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      trouble += text
    })
    child.stdin.end(`${commands.join('\n')}\n`)
    await new Promise((resolve) => child.on('close', resolve))
    if (trouble.trim() !== '') throw new Error(`openstack: ${trouble}`)
    return out
  }

  /** The same for commands that show or list something: what each of them gave. */
  async function ask(...commands: string[]): Promise<Record<string, unknown>[] | [never]> {
    const out = await type(...commands.map((command) => `${command} -f json`))
    return JSON.parse(`[${out.trim().replace(/^([}\]])\s*^([{[])/gm, '$1,$2')}]`)
  }
  const names = (list: unknown) => (list as { Name: string }[]).map(({ Name }) => Name)

  test('the portal makes a project, a user and a role in it', async () => {
    const [project] = await ask(
      'project create --domain customers life',
      'user create --domain customers --password of-life life',
    )
    expect(project).toMatchObject({ name: 'life', enabled: true })
    await type('role add --project life --project-domain customers --user life --user-domain customers member')
    who = { user: 'life', password: 'of-life', project: 'life', domain: 'customers' }
  })

  test('the customer signs in, looks around and lays a network', async () => {
    const [token, images, flavors, , subnet] = await ask(
      'token issue',
      'image list',
      'flavor list',
      'network create lan',
      'subnet create --network lan --subnet-range 10.20.0.0/24 lan',
      'router create gw',
    )
    expect(token).toMatchObject({ project_id: sim.projects().find(({ name }) => name === 'life')?.id })
    expect(names(images)).toEqual(expect.arrayContaining(['tiny-linux', 'Debian 13', 'Ubuntu 24.04', 'Rocky Linux 10']))
    expect(names(flavors)).toContain('t1.tiny')
    expect(subnet).toMatchObject({ gateway_ip: '10.20.0.1', enable_dhcp: true })
    await type('router set --external-gateway public gw', 'router add subnet gw lan')
    const [router] = await ask('router show gw')
    expect(router).toMatchObject({ status: 'ACTIVE', interfaces_info: [{ ip_address: '10.20.0.1' }] })
  })

  test('with a key it makes a server and a volume, and waits for them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openstack-cli-'))
    writeFileSync(join(folder, 'key.pub'), key)
    const [made, server] = await ask(
      `keypair create --public-key ${join(folder, 'key.pub')} made`,
      'server create --flavor t1.tiny --image tiny-linux --network lan --key-name made --wait vm',
      'volume create --size 2 data',
    )
    rmSync(folder, { recursive: true })
    expect(made).toMatchObject({ name: 'made', fingerprint: 'b5:c5:59:19:08:2b:28:17:5c:ed:d7:7f:ab:24:24:8f' })
    expect(server).toMatchObject({ name: 'vm', status: 'ACTIVE', addresses: { lan: [expect.stringMatching(/^10\.20\.0\./)] } })
    await expect.poll(() => sim.volumes().map(({ status }) => status)).toEqual(['available'])
  })

  test('the volume joins the server, a floating address leads to it, and its console is read', async () => {
    const [floating, screen] = await ask('floating ip create public', 'console url show --novnc vm')
    const address = String((floating as Record<string, unknown>).floating_ip_address)
    expect(screen).toMatchObject({ protocol: 'vnc', type: 'novnc', url: expect.stringContaining('vnc_auto.html') })
    const log = await type('server add volume vm data', `server add floating ip vm ${address}`, 'console log show vm')
    expect(log).toContain('Booting from Hard Disk')
    await expect.poll(() => sim.volumes().map(({ status }) => status)).toEqual(['in-use'])
    const [shown] = await ask('server show vm')
    expect(shown).toMatchObject({
      addresses: { lan: expect.arrayContaining([address]) },
      volumes_attached: [{ delete_on_termination: false }],
    })
  })

  test('everything is taken away, and nothing is left', async () => {
    const [floating] = sim.floatingIps()
    await type('server remove volume vm data')
    await expect.poll(() => sim.volumes().map(({ status }) => status)).toEqual(['available'])
    await type(
      'server delete --wait vm',
      `floating ip delete ${floating?.ip}`,
      'volume delete data',
      'router remove subnet gw lan',
      'router delete gw',
      'network delete lan',
      'keypair delete made',
    )
    await expect.poll(() => sim.volumes()).toEqual([])
    expect([sim.servers(), sim.ports(), sim.routers(), sim.floatingIps()]).toEqual([[], [], [], []])
    expect(sim.networks().map(({ name }) => name)).toEqual(['public'])
  })
})
