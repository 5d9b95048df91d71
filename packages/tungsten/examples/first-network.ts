/**
 * A network with a port and an address, metered for two minutes: `node examples/first-network.ts` plays it with the simulator;
 * `TUNGSTEN_URL=http://10.0.0.1:8082 TUNGSTEN_ANALYTICS_URL=http://10.0.0.1:8081 TUNGSTEN_TOKEN=… node examples/first-network.ts` with the real system,
 * where the port carries nothing until a machine is plugged into it.
 */
import { env, stdout } from 'node:process'
import { AdjustableClock } from '@straylight/kit'
import { addSubnet, connectTungsten, meterTraffic, readNodes, readTraffic, type TrafficState } from '../src/index.ts'
import { startTungstenSimulator } from '../src/simulator/index.ts'

const say = (line: string) => stdout.write(`${line}\n`)
const clock = new AdjustableClock('flowing')
const simulator = env.TUNGSTEN_URL ? undefined : await startTungstenSimulator({ clock })
const { config, analytics } = connectTungsten({
  configUrl: env.TUNGSTEN_URL ?? simulator?.url ?? '',
  analyticsUrl: env.TUNGSTEN_ANALYTICS_URL ?? simulator?.analyticsUrl ?? '',
  token: async () => env.TUNGSTEN_TOKEN ?? 'nobody asks for it here',
})

const name = `example-${clock.now().getTime().toString(36)}`
const project = await config.create('project', { fq_name: ['default-domain', name], parent_type: 'domain' })
const network = await config.create('virtual-network', { fq_name: [...project.fq_name, 'net'], parent_type: 'project' })
const subnet = await addSubnet(config, network.uuid, { subnet: { ip_prefix: '10.0.0.0', ip_prefix_len: 24 } })
say(`the network has ${subnet.subnet?.ip_prefix}/${subnet.subnet?.ip_prefix_len}, gateway ${subnet.default_gateway}`)

const machine = await config.create('virtual-machine', { fq_name: [name] })
const port = await config.create('virtual-machine-interface', {
  fq_name: [...project.fq_name, 'port'],
  parent_type: 'project',
  virtual_network_refs: [{ to: network.fq_name, uuid: network.uuid }],
  virtual_machine_refs: [{ to: machine.fq_name, uuid: machine.uuid }],
})
const address = await config.create('instance-ip', {
  fq_name: [`${name}-address`],
  virtual_network_refs: [{ to: network.fq_name, uuid: network.uuid }],
  virtual_machine_interface_refs: [{ to: port.fq_name, uuid: port.uuid }],
})
say(`the port has ${(await config.read('instance-ip', address.uuid)).instance_ip_address}`)

let state: TrafficState | undefined
for (let minute = 0; minute < 3; minute++) {
  const { usage, state: next } = meterTraffic(state, await readTraffic(analytics), clock.now().getTime())
  state = next
  for (const { total } of usage) say(`minute ${minute}: sent ${total.sentBytes} bytes, received ${total.receivedBytes} bytes`)
  if (simulator) clock.advance(60_000)
}
for (const { role, host, healthy, problems } of await readNodes(analytics))
  say(`${role} ${host}: ${healthy ? 'healthy' : problems.join('; ')}`)

for (const [type, made] of [
  ['instance-ip', address],
  ['virtual-machine-interface', port],
  ['virtual-machine', machine],
  ['virtual-network', network],
] as const)
  await config.delete(type, made.uuid)
for (const group of await config.list('security-group', { parentIds: [project.uuid] }))
  await config.delete('security-group', group.uuid)
await config.delete('project', project.uuid)
await simulator?.close()
say('everything is gone again')
