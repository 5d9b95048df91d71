import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdjustableClock } from '@straylight/kit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createOpenstack, type ScopedCloud } from '../src/index.ts'
import { type OpenstackSimulator, type OpenstackSimulatorOptions, startOpenstackSimulator } from '../src/simulator/index.ts'

const clock = new AdjustableClock('still', new Date('2026-11-22T12:00:00Z'))
let sim: OpenstackSimulator
let cloud: ScopedCloud
let imageId: string

async function open(options: Partial<OpenstackSimulatorOptions> = {}): Promise<void> {
  sim = await startOpenstackSimulator({ clock, ...options })
  const { authUrl, credentials } = sim
  cloud = createOpenstack({ authUrl, credentials, clock }).as({ projectName: sim.adminProject, domain: 'Default' })
  imageId = (await cloud.images.find({ name: 'Debian 13' }))?.id ?? ''
}

beforeEach(() => open())
afterEach(() => sim.close())

/** A server on its host's disk: `c1.medium`. */
const newServer = (name: string) => cloud.compute.servers.create({ name, flavorId: '12', imageId, networks: 'none' })
const status = async (id: string) => (await cloud.compute.servers.get(id)).status
const pass = (seconds: number) => {
  clock.advance(seconds * 1000)
  sim.timeline.settle()
}

describe('time', () => {
  test('a server is active after five to eight seconds, and not before four', async () => {
    const { id } = await newServer('timely')
    pass(4)
    expect(await status(id)).toBe('BUILD')
    pass(4)
    expect(await status(id)).toBe('ACTIVE')
  })

  test('by hand nothing happens until it is told to', async () => {
    await sim.close()
    await open({ pace: 'manual' })
    const [one, two] = [await newServer('one'), await newServer('two')]
    pass(60)
    expect([await status(one.id), await status(two.id)]).toEqual(['BUILD', 'BUILD'])
    sim.timeline.finish(one.id)
    expect([await status(one.id), await status(two.id)]).toEqual(['ACTIVE', 'BUILD'])
    sim.timeline.finishAll()
    expect(await status(two.id)).toBe('ACTIVE')
  })

  test('a tenth of the time is enough at speed 0.1', async () => {
    await sim.close()
    await open({ speed: 0.1 })
    const { id } = await newServer('hurried')
    pass(1)
    expect(await status(id)).toBe('ACTIVE')
  })

  test('the same seed takes the same time', async () => {
    const lived: string[][] = []
    for (const seed of [7, 7, 8]) {
      await sim.close()
      await open({ seed })
      await newServer('again')
      lived.push(sim.timeline.pending.map(({ at }) => String(at.getTime() - clock.now().getTime())))
    }
    expect(lived[0]).toEqual(lived[1])
    expect(lived[0]).not.toEqual(lived[2])
  })
})

describe('names that make something happen', () => {
  test('boot-error: the server ends in error with a fault, and nothing of it is left behind', async () => {
    const network = await cloud.network.networks.create({ name: 'lan' })
    await cloud.network.subnets.create({ name: 'lan', networkId: network.id, cidr: '10.0.0.0/24' })
    pass(3)
    const portsBefore = sim.ports().length
    const { id } = await cloud.compute.servers.create({
      name: 'boot-error',
      flavorId: '12',
      networks: [{ networkId: network.id }],
      bootVolume: { imageId, sizeGib: 10, deleteOnTermination: true },
    })
    pass(20)
    const server = await cloud.compute.servers.get(id)
    expect(server).toMatchObject({ status: 'ERROR', fault: { code: 500, message: 'No valid host was found.' } })
    pass(5)
    expect(sim.ports()).toHaveLength(portsBefore)
    expect(sim.volumes()).toEqual([])
  })

  test('no-capacity: the scheduler finds no host, and the server never had one', async () => {
    const { id } = await newServer('no-capacity')
    pass(2)
    expect(await cloud.compute.servers.get(id)).toMatchObject({ status: 'ERROR', hostId: undefined })
  })

  test('slow-boot: it takes ten times as long', async () => {
    const { id } = await newServer('slow-boot')
    pass(30)
    expect(await status(id)).toBe('BUILD')
    pass(40)
    expect(await status(id)).toBe('ACTIVE')
  })

  test('volume-error: the volume ends in error', async () => {
    const { id } = await cloud.volumes.create({ name: 'volume-error', sizeGib: 1 })
    pass(3)
    expect(await cloud.volumes.get(id)).toMatchObject({ status: 'error' })
  })

  test('a word in the metadata is as good as one in the name', async () => {
    const { id } = await cloud.compute.servers.create({
      name: '0193',
      flavorId: '12',
      imageId,
      networks: 'none',
      metadata: { wanted: 'no-capacity' },
    })
    pass(2)
    expect(await status(id)).toBe('ERROR')
  })
})

describe('faults', () => {
  test('a silent OK makes a server that never was', async () => {
    sim.faults.add({ match: { service: 'compute', method: 'POST', path: '/servers$' }, effect: 'silent-ok', times: 1 })
    const told: string[] = []
    sim.onNotification(({ message }) => void told.push(message.event_type))
    const { id } = await newServer('never')
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    pass(10)
    expect(sim.servers()).toEqual([])
    expect(told.filter((type) => type.includes('instance'))).toEqual([])
    await expect(cloud.compute.servers.get(id)).rejects.toMatchObject({ kind: 'not_found' })
    expect((await newServer('real')).id).not.toBe(id)
    expect(sim.servers()).toHaveLength(1)
  })

  test('a silent OK deletes nothing', async () => {
    const { id } = await newServer('stays')
    pass(8)
    sim.faults.add({ match: { method: 'DELETE' }, effect: 'silent-ok' })
    await cloud.compute.servers.remove(id)
    pass(10)
    expect(await status(id)).toBe('ACTIVE')
  })

  test('an action is hit by its own name', async () => {
    const { id } = await newServer('stubborn')
    pass(8)
    sim.faults.add({ match: { func: 'os-stop' }, effect: 'status', status: 500 })
    await expect(cloud.compute.servers.stop(id)).rejects.toMatchObject({ status: 500 })
    await cloud.compute.servers.pause(id)
    pass(2)
    expect(await status(id)).toBe('PAUSED')
  })

  test('what happens in the background fails when a fault names it, once', async () => {
    sim.faults.add({ match: { service: 'volume', func: 'create-volume' }, effect: 'status', times: 1 })
    const [first, second] = [
      await cloud.volumes.create({ name: 'data', sizeGib: 1 }),
      await cloud.volumes.create({ name: 'data', sizeGib: 1 }),
    ]
    pass(3)
    const statuses = [await cloud.volumes.get(first.id), await cloud.volumes.get(second.id)].map((volume) => volume.status)
    expect(statuses.sort()).toEqual(['available', 'error'])
  })

  test('Galera speaks in the shape of each service', async () => {
    const shapes: Record<string, string> = {}
    sim.faults.add({ match: {}, effect: 'wsrep' })
    for (const path of [
      'identity/v3/projects',
      'compute/v2.1/servers',
      'volume/v3/x/volumes',
      'network/v2.0/networks',
      'image/v2/images',
    ]) {
      const response = await fetch(`${sim.url}/${path}`)
      expect(response.status).toBe(500)
      const text = await response.text()
      expect(text).toContain('WSREP has not yet prepared node for application use')
      shapes[path.split('/')[0] as string] = text.slice(0, 16)
    }
    expect(shapes).toEqual({
      identity: '{"error":{"code"',
      compute: '{"computeFault":',
      volume: '{"computeFault":',
      network: '{"NeutronError":',
      image: '500 Internal Ser',
    })
  })
})

describe('what a portal has to look at before it orders again', () => {
  test('a server ordered twice is there twice: names are not unique, and metadata finds the first', async () => {
    const order = () =>
      cloud.compute.servers.create({ name: 'web', flavorId: '12', imageId, networks: 'none', metadata: { portal_id: 'mine' } })
    sim.faults.add({ match: { service: 'compute', method: 'POST', path: '/servers$' }, effect: 'drop-after', times: 1 })
    await expect(order()).rejects.toMatchObject({ effect: 'unknown' })
    const first = await cloud.compute.servers.find({ metadata: { portal_id: 'mine' } })
    pass(1)
    await order()
    expect(sim.servers().map(({ name }) => name)).toEqual(['web', 'web'])
    expect(await cloud.compute.servers.find({ metadata: { portal_id: 'mine' } })).toMatchObject({ id: first?.id })
  })

  test('a server that was just ordered is among the changes of any time', async () => {
    const { id } = await newServer('just ordered')
    const later = new Date(clock.now().getTime() + 3_600_000)
    const changed = () => cloud.compute.servers.list({ allProjects: true, changesSince: later }).all()
    expect(await changed()).toMatchObject([{ id, status: 'BUILD', taskState: 'scheduling' }])
    pass(8)
    expect(await changed()).toEqual([])
  })

  test('a volume may be there although Cinder answered 500', async () => {
    sim.faults.add({ match: { service: 'volume', func: 'notify' }, effect: 'status', times: 1 })
    const order = () => cloud.volumes.create({ name: 'data', sizeGib: 1, metadata: { portal_id: 'mine' } })
    await expect(order()).rejects.toMatchObject({ status: 500, code: 'cinder.failed_inside', effect: 'unknown' })
    pass(3)
    expect(await cloud.volumes.find({ metadata: { portal_id: 'mine' } })).toMatchObject({ status: 'available' })
  })
})

describe('a request is done whole or not at all', () => {
  test('a load balancer that finds no address leaves no port', async () => {
    const network = await cloud.network.networks.create({ name: 'tiny' })
    const subnet = await cloud.network.subnets.create({
      name: 'tiny',
      networkId: network.id,
      cidr: '10.0.0.0/30',
    })
    pass(3)
    await cloud.network.ports.create({ name: 'only', networkId: network.id }).catch(() => undefined)
    const before = sim.ports().length
    await expect(cloud.loadBalancers.create({ name: 'none', vipSubnetId: subnet.id })).rejects.toThrow()
    expect(sim.ports()).toHaveLength(before)
  })
})

describe('being killed', () => {
  test('what was there is there again, and what was under way goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openstack-simulator-'))
    const dataFile = join(folder, 'cloud.jsonl')
    try {
      await sim.close()
      await open({ dataFile })
      const done = await newServer('done')
      pass(8)
      const underWay = await newServer('under way')
      pass(1)
      const token = (await cloud.token()).value
      // Nothing is written at the end: a killed process gets no chance either.
      await sim.close()
      await open({ dataFile })
      expect(await status(done.id)).toBe('ACTIVE')
      expect(await status(underWay.id)).toBe('BUILD')
      pass(8)
      expect(await status(underWay.id)).toBe('ACTIVE')
      const response = await fetch(`${sim.url}/compute/v2.1/servers`, { headers: { 'x-auth-token': token } })
      expect(response.status).toBe(200)
      sim.reset()
      await sim.close()
      await open({ dataFile })
      expect(sim.servers()).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe("an image of a server's disk", () => {
  const imageOf = async (name: string) => {
    const { id } = await newServer(name)
    pass(8)
    return (await cloud.compute.servers.createImage(id, { name: 'disk' })).imageId
  }

  test('is there after a while, as large as the disk', async () => {
    const id = await imageOf('source')
    expect(await cloud.images.get(id)).toMatchObject({ status: 'queued', sizeBytes: undefined })
    pass(30)
    expect(await cloud.images.get(id)).toMatchObject({ status: 'active', properties: { image_type: 'snapshot' } })
    expect((await cloud.images.get(id)).sizeBytes).toBeGreaterThan(1e9)
  })

  test('is gone again when it failed, as Nova takes it back', async () => {
    sim.faults.add({ match: { func: 'create-image' }, effect: 'status' })
    const id = await imageOf('unlucky')
    pass(30)
    await expect(cloud.images.get(id)).rejects.toMatchObject({ code: 'glance.not_found' })
  })
})

describe('what a guest shows', () => {
  test('its console log is a boot that grows, and ends with a login', async () => {
    const { id } = await newServer('talkative')
    pass(8)
    clock.advance(500)
    const early = await cloud.compute.servers.consoleLog(id)
    pass(8)
    const late = await cloud.compute.servers.consoleLog(id)
    expect(late.startsWith(early.trimEnd())).toBe(true)
    expect(late.length).toBeGreaterThan(early.length)
    expect(late).toContain('Welcome to Debian GNU/Linux 13!')
    expect(late.trimEnd().split('\n').at(-1)).toBe('talkative login:')
    expect((await cloud.compute.servers.consoleLog(id, { lines: 3 })).trimEnd().split('\n')).toHaveLength(3)
  })

  test('its counters grow while it runs, and stand still while it does not', async () => {
    const lan = await cloud.network.networks.create({ name: 'lan' })
    await cloud.network.subnets.create({ name: 'lan', networkId: lan.id, cidr: '10.0.0.0/24' })
    const { id } = await cloud.compute.servers.create({
      name: 'busy',
      flavorId: '12',
      imageId,
      networks: [{ networkId: lan.id }],
    })
    pass(10)
    const look = async () => {
      pass(60)
      const { cpus, disks, nics } = await cloud.compute.servers.diagnostics(id)
      return [cpus[0]?.timeNs, disks[0]?.readBytes, disks[0]?.writeBytes, nics[0]?.receivedBytes, nics[0]?.sentBytes]
    }
    let before = await look()
    expect(before.every((counter) => (counter ?? 0) > 0)).toBe(true)
    for (let minute = 0; minute < 10; minute++) {
      const now = await look()
      expect(now.every((counter, i) => (counter ?? 0) > (before[i] ?? 0))).toBe(true)
      before = now
    }
    await cloud.compute.servers.stop(id)
    const stopped = await look()
    expect(await look()).toEqual(stopped)
  })

  test('a load balancer counts what passes', async () => {
    const lan = await cloud.network.networks.create({ name: 'lan' })
    const { id: subnetId } = await cloud.network.subnets.create({ name: 'lan', networkId: lan.id, cidr: '10.0.0.0/24' })
    const { id } = await cloud.loadBalancers.create({ name: 'front', vipSubnetId: subnetId })
    pass(60)
    await cloud.loadBalancers.listeners.create({ name: 'http', loadBalancerId: id, protocol: 'HTTP', port: 80 })
    pass(60)
    const before = await cloud.loadBalancers.statistics(id)
    pass(60)
    const after = await cloud.loadBalancers.statistics(id)
    expect(after.bytesIn).toBeGreaterThan(before.bytesIn)
    expect(after.totalConnections).toBeGreaterThan(before.totalConnections)
  })

  test('its screen is a picture over a web socket, and takes keys', async () => {
    const { id } = await newServer('seen')
    pass(30)
    const { url } = await cloud.compute.servers.remoteConsole(id)
    expect((await fetch(url)).headers.get('content-type')).toContain('text/html')
    const path = new URL(url).searchParams.get('path') ?? ''
    const viewer = await look(`${sim.url.replace('http', 'ws')}/${path}`)
    expect(viewer.name).toBe('QEMU (seen)')
    expect([viewer.width, viewer.height]).toEqual([640, 400])
    const before = await viewer.picture(false)
    expect(before.length).toBe(640 * 400 * 4)
    const lit = (picture: Buffer) => picture.filter((byte, i) => i % 4 === 0 && byte > 0).length
    expect(lit(before)).toBeGreaterThan(5_000)
    for (const letter of 'root') viewer.press(letter.charCodeAt(0))
    const after = await viewer.picture(false)
    expect(lit(after)).toBeGreaterThan(lit(before) + 20)
    viewer.close()
    await expect(look(`${sim.url.replace('http', 'ws')}/?token=another`)).rejects.toThrow()
  })
})

/** A viewer of RFB 3.8, as small as can be. */
async function look(url: string) {
  const socket = new WebSocket(url, 'binary')
  socket.binaryType = 'arraybuffer'
  let bytes = Buffer.alloc(0)
  let wake = () => {}
  socket.onmessage = ({ data }) => {
    bytes = Buffer.concat([bytes, Buffer.from(data as ArrayBuffer)])
    wake()
  }
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error('no web socket'))
  })
  async function take(count: number): Promise<Buffer> {
    while (bytes.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    const taken = bytes.subarray(0, count)
    bytes = bytes.subarray(count)
    return taken
  }
  const send = (...numbers: number[]) => socket.send(Uint8Array.from(numbers))
  socket.send(Uint8Array.from(await take(12)))
  await take(2)
  send(1)
  await take(4)
  send(1)
  const init = Buffer.from(await take(24))
  const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)]
  const name = (await take(init.readUInt32BE(20))).toString()
  return {
    name,
    width,
    height,
    async picture(isIncremental: boolean): Promise<Buffer> {
      send(3, isIncremental ? 1 : 0, 0, 0, 0, 0, width >> 8, width & 255, height >> 8, height & 255)
      await take(16)
      return Buffer.from(await take(width * height * 4))
    },
    press: (keysym: number) => send(4, 1, 0, 0, 0, 0, keysym >> 8, keysym & 255),
    close: () => socket.close(),
  }
}
