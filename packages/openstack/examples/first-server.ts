/**
 * One customer from project to running server and back. Without OPENSTACK_URL on a simulator of its own, five times as fast as real ones:
 *
 *   node examples/first-server.ts
 *
 * or on any OpenStack whose account may make projects:
 *
 *   OPENSTACK_URL=http://127.0.0.1:5000/v3 OPENSTACK_USERNAME=portal OPENSTACK_PASSWORD=… OPENSTACK_CUSTOMERS_DOMAIN=customers \
 *     node examples/first-server.ts
 */
import { env } from 'node:process'
import { systemClock } from '@straylight/kit'
import { createOpenstack, withRetry } from '../src/index.ts'
import { startOpenstackSimulator } from '../src/simulator/index.ts'

const clock = systemClock()
const simulator = env.OPENSTACK_URL === undefined ? await startOpenstackSimulator({ clock, speed: 0.2 }) : undefined
const cloud = createOpenstack({
  authUrl: simulator?.authUrl ?? env.OPENSTACK_URL ?? '',
  credentials: {
    username: env.OPENSTACK_USERNAME ?? 'portal',
    password: env.OPENSTACK_PASSWORD ?? 'lab',
    userDomain: env.OPENSTACK_USER_DOMAIN ?? 'Default',
  },
  clock,
  layers: [withRetry({ clock })],
})
const { admin } = cloud
const say = (text: string) => process.stdout.write(`${text}\n`)
const found = <T>(thing: T | undefined, name: string): T => {
  if (thing === undefined) throw new Error(`${name} is not there`)
  return thing
}

const started = Date.now()
const whoami = await admin.identity.whoami()
say(`${whoami.userName} on ${whoami.projectName}: ${whoami.roles.join(', ')}; ${whoami.services.join(', ')}`)

const domain = found(await admin.identity.domains.find({ name: env.OPENSTACK_CUSTOMERS_DOMAIN ?? 'customers' }), 'the domain')
const role = found(await admin.identity.roles.find({ name: 'member' }), 'role member')
const project = await admin.identity.projects.create({ name: `example-${started}`, domainId: domain.id })
await admin.identity.roles.grant({ roleId: role.id, userId: whoami.userId, projectId: project.id })
const scoped = cloud.as({ projectId: project.id })

const image = found(await scoped.images.find({ name: env.OPENSTACK_IMAGE ?? 'tiny-linux' }), 'the image')
const flavor = found(await scoped.compute.flavors.find({ name: env.OPENSTACK_FLAVOR ?? 't1.tiny' }), 'the flavor')
const outside = found(await scoped.network.networks.list({ isExternal: true }).first(), 'an external network')

const network = await scoped.network.networks.create({ name: 'private' })
const subnet = await scoped.network.subnets.create({ name: 'private', networkId: network.id, cidr: '10.44.0.0/24' })
const router = await scoped.network.routers.create({ name: 'router', externalNetworkId: outside.id })
await scoped.network.routers.addInterface(router.id, subnet.id)
const port = await scoped.network.ports.create({ name: 'server', networkId: network.id })
const floatingIp = await scoped.network.floatingIps.create({ networkId: outside.id, portId: port.id, description: 'server' })
say(`port ${port.addresses.map(({ address }) => address).join()}, floating IP ${floatingIp.address}`)

const volume = await scoped.volumes.create({ name: 'root', sizeGib: 1, imageId: image.id, metadata: { example: 'root' } })
await scoped.volumes.waitForStatus(volume.id, 'available')
const { id } = await scoped.compute.servers.create({
  name: 'server',
  flavorId: flavor.id,
  bootVolume: { volumeId: volume.id, deleteOnTermination: true },
  ports: [port.id],
  metadata: { example: 'server' },
})
const server = await scoped.compute.servers.waitForStatus(id, 'ACTIVE')
say(`${server.name} is ${server.status} on ${server.hostId} after ${Date.now() - started} ms`)

await scoped.compute.servers.remove(id)
await scoped.compute.servers.waitUntilGone(id)
await scoped.volumes.waitUntilGone(volume.id)
await scoped.network.floatingIps.remove(floatingIp.id)
await scoped.network.ports.remove(port.id)
await scoped.network.routers.removeInterface(router.id, subnet.id)
await scoped.network.routers.remove(router.id)
await scoped.network.networks.remove(network.id)
// a project's group `default` outlives the project, and only an admin may remove it
for (const group of await admin.network.securityGroups.list({ projectId: project.id }).all())
  await admin.network.securityGroups.remove(group.id)
await admin.identity.projects.remove(project.id)
say(`all gone after ${Date.now() - started} ms`)
await simulator?.close()
