import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { AdjustableClock } from '@straylight/kit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addSubnet, ConfigApi, connectTungsten, readNodes, readTraffic, type Tungsten } from '../src/index.ts'
import { startTungstenSimulator, type TungstenSimulator } from '../src/simulator/index.ts'

const script = fileURLToPath(new URL('./kill/serve.ts', import.meta.url))
const token = async () => 'nobody asks'

let folder = ''
let dataFile = ''
const children: ChildProcess[] = []
const simulators: TungstenSimulator[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tungsten-'))
  dataFile = join(folder, 'state.jsonl')
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.all(simulators.splice(0).map((one) => one.close()))
  rmSync(folder, { recursive: true })
})

/** The simulator in a process of its own. */
async function serve(): Promise<{ child: ChildProcess; tungsten: Tungsten; url: string }> {
  const child = spawn(process.execPath, [script, dataFile], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer]
  const { url, analyticsUrl } = JSON.parse(String(line)) as { url: string; analyticsUrl: string }
  return { child, url, tungsten: connectTungsten({ configUrl: url, analyticsUrl, token }) }
}

const killed = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })

/** What the file has kept, taken up by another simulator. */
async function reopen(): Promise<{ simulator: TungstenSimulator; tungsten: Tungsten }> {
  const simulator = await startTungstenSimulator({ clock: new AdjustableClock('flowing'), dataFile, traffic: 'still' })
  simulators.push(simulator)
  return { simulator, tungsten: connectTungsten({ configUrl: simulator.url, analyticsUrl: simulator.analyticsUrl, token }) }
}

const everything = async ({ config }: Tungsten) => ({
  projects: await config.listDetails('project'),
  networks: await config.listDetails('virtual-network'),
  ports: await config.listDetails('virtual-machine-interface'),
  addresses: await config.listDetails('instance-ip'),
  groups: await config.listDetails('security-group'),
})

/** Addresses of the servers differ. */
const comparable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, item) => (key === 'href' || key === 'parent_href' ? undefined : (item as unknown))))

describe('a simulator that is killed', () => {
  test('goes on with everything that it had answered', async () => {
    const { child, tungsten, url } = await serve()
    const { config } = tungsten
    await config.create('project', { fq_name: ['default-domain', 'customer'], parent_type: 'domain' })
    const { uuid: network } = await config.create('virtual-network', {
      fq_name: ['default-domain', 'customer', 'net'],
      parent_type: 'project',
    })
    await addSubnet(config, network, { subnet: { ip_prefix: '10.0.0.0', ip_prefix_len: 24 } })
    const { uuid: machine } = await config.create('virtual-machine', { fq_name: ['vm-1'] })
    const { uuid: port } = await config.create('virtual-machine-interface', {
      fq_name: ['default-domain', 'customer', 'port'],
      parent_type: 'project',
      virtual_network_refs: [{ to: ['default-domain', 'customer', 'net'], uuid: network }],
      virtual_machine_refs: [{ to: ['vm-1'], uuid: machine }],
    })
    const address = {
      fq_name: ['address'],
      virtual_network_refs: [{ to: ['default-domain', 'customer', 'net'], uuid: network }],
      virtual_machine_interface_refs: [{ to: ['default-domain', 'customer', 'port'], uuid: port }],
    }
    await config.create('instance-ip', address)
    const [reserved] = await config.allocateAddresses(network)
    await fetch(`${url}/_sim/traffic`, {
      method: 'POST',
      body: JSON.stringify({ interfaceId: port, counts: { in_bytes: 1000 } }),
    })
    await fetch(`${url}/_sim/trouble`, {
      method: 'POST',
      body: JSON.stringify({ role: 'vrouter', host: 'compute-1', broken: { 'contrail-vrouter-agent': 'XMPP' } }),
    })
    const before = await everything(tungsten)
    await killed(child)

    const again = await reopen()
    expect(comparable(await everything(again.tungsten))).toEqual(comparable(before))
    expect(await readTraffic(again.tungsten.analytics)).toMatchObject([{ interfaceId: port, total: { sentBytes: 1000 } }])
    const nodes = await readNodes(again.tungsten.analytics)
    expect(nodes.filter(({ healthy }) => !healthy).map(({ host }) => host)).toEqual(['compute-1'])
    // Addresses are not given twice, and names stay taken.
    const { uuid: next } = await again.tungsten.config.create('instance-ip', { ...address, fq_name: ['another'] })
    const { instance_ip_address } = await again.tungsten.config.read('instance-ip', next)
    expect([reserved, before.addresses[0]?.instance_ip_address]).not.toContain(instance_ip_address)
    await expect(again.tungsten.config.create('virtual-machine', { fq_name: ['vm-1'] })).rejects.toMatchObject({
      code: 'tungsten.taken',
    })
  })

  test('has every object that it had answered for, wherever the kill hits', async () => {
    const { child, tungsten } = await serve()
    const made: string[] = []
    const writing = (async () => {
      for (let number = 0; ; number++) {
        const { uuid } = await tungsten.config.create('virtual-machine', { fq_name: [`vm-${number}`] })
        made.push(uuid)
      }
    })().catch(() => {})
    while (made.length < 50) await new Promise((resolve) => setTimeout(resolve, 10))
    await killed(child)
    await writing
    const { tungsten: again } = await reopen()
    const kept = (await again.config.list('virtual-machine')).map(({ uuid }) => uuid)
    expect(kept).toEqual(expect.arrayContaining(made))
    expect(kept.length).toBeLessThanOrEqual(made.length + 1)
  })

  test('drops a line that was torn', async () => {
    const { child, tungsten } = await serve()
    const { uuid } = await tungsten.config.create('virtual-machine', { fq_name: ['vm-1'] })
    await killed(child)
    appendFileSync(dataFile, '["object","5d2f0b9e","{"uu')
    const { tungsten: again } = await reopen()
    expect(await again.config.nameOf(uuid)).toEqual({ type: 'virtual-machine', fq_name: ['vm-1'] })
  })
})

test('without a file nothing is kept', async () => {
  const one = await startTungstenSimulator({ clock: new AdjustableClock('flowing') })
  simulators.push(one)
  const config = (url: string) => new ConfigApi({ url, token })
  await config(one.url).create('virtual-machine', { fq_name: ['vm-1'] })
  const two = await startTungstenSimulator({ clock: new AdjustableClock('flowing') })
  simulators.push(two)
  expect(await config(two.url).idOf('virtual-machine', ['vm-1'])).toBeUndefined()
})
