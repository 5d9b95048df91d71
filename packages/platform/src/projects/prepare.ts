import { assert, type Clock } from '@straylight/kit'
import { type Cloud, ensure } from '../foundation/cloud/index.ts'
import type { Db, Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { done, go, type TaskEngine, type TaskOf, type Workflow, workflow } from '../foundation/tasks/index.ts'
import { projectById, type ProjectRow, updateProject } from './store.ts'

const minute = 60_000
const cidr = '10.20.0.0/24'

/**
 * What the cloud lets one project have. Our own limits refuse an order long before; these stop a mistake of ours from taking the whole cloud.
 * The cloud's defaults (10 servers) are too low for a customer.
 */
const quotas = {
  compute: { instances: 1_000, cores: 4_000, ramMib: 16 * 1024 * 1024 },
  volumes: { volumes: 4_000, gigabytes: 1_000_000 },
  network: { ports: 4_000, floatingIps: 1_000 },
}

type Steps = 'identity' | 'limits' | 'network' | 'router' | 'firewall' | 'open'

/**
 * Makes a project's place in the cloud: its identity, with the service account as a member, one network with a router to the outside,
 * and a security group that lets everything in (each server's own firewall decides).
 */
export function prepareProject({
  db,
  cloud,
  engine,
}: {
  db: Db
  cloud: Cloud
  clock: Clock
  engine: TaskEngine
}): Workflow<Record<string, never>, Steps> {
  const load = async (task: TaskOf<unknown>): Promise<ProjectRow> => {
    const project = await projectById(db, task.subject.id)
    if (!project) throw new Error(`project ${task.subject.id} is gone`)
    return project
  }
  const write = (task: TaskOf<unknown>, values: Partial<ProjectRow>) => (tx: Tx) =>
    updateProject(tx, task.subject.id, values).then(() => undefined)

  return workflow<Record<string, never>, Steps>({
    name: 'project.prepare',
    path: ['identity', 'limits', 'network', 'router', 'firewall', 'open'],
    undo: [],
    deadlineMs: 5 * minute,
    labels: {
      identity: 'Opening the project',
      limits: 'Setting its limits',
      network: 'Making its network',
      router: 'Connecting it to the internet',
      firewall: 'Setting up its firewall',
      open: 'Finishing',
    },
    steps: {
      async identity(task) {
        const domainId = await cloud.customersDomainId()
        const { projects, roles } = cloud.admin.identity
        const { id } = await ensure(
          () => projects.find({ name: task.subject.id, domainId }),
          () => projects.create({ name: task.subject.id, domainId, description: 'Straylight project' }),
        )
        const member = await roles.find({ name: 'member' })
        if (!member) throw new Error('the cloud has no role "member"')
        await roles.grant({ roleId: member.id, userId: await cloud.userId(), projectId: id })
        return go('limits', write(task, { cloud_project_id: id }))
      },
      async limits(task) {
        const { cloud_project_id: id } = await load(task)
        assert(id, 'a project has its place in the cloud before its limits')
        const { compute, volumes, network } = cloud.admin
        await Promise.all([
          compute.quotas.update(id, quotas.compute),
          volumes.quotas.update(id, quotas.volumes),
          network.quotas.update(id, quotas.network),
        ])
        return go('network')
      },
      async network(task) {
        const project = await load(task)
        const { networks, subnets } = cloud.of(project).network
        const network = await ensure(
          () => networks.find({ name: project.id }),
          () => networks.create({ name: project.id }),
        )
        const subnet = await ensure(
          () => subnets.find({ name: project.id, networkId: network.id }),
          () => subnets.create({ name: project.id, networkId: network.id, cidr }),
        )
        return go('router', write(task, { network_id: network.id, subnet_id: subnet.id }))
      },
      async router(task) {
        const project = await load(task)
        const { routers, ports } = cloud.of(project).network
        const externalNetworkId = await cloud.externalNetworkId()
        const router = await ensure(
          () => routers.find({ name: project.id }),
          () => routers.create({ name: project.id, externalNetworkId }),
        )
        const connected = (await ports.list({ deviceId: router.id }).all()).some((port) =>
          port.addresses.some((address) => address.subnetId === project.subnet_id),
        )
        if (!connected) await routers.addInterface(router.id, project.subnet_id ?? '')
        return go('firewall', write(task, { router_id: router.id }))
      },
      async firewall(task) {
        const project = await load(task)
        const { securityGroups, securityGroupRules } = cloud.of(project).network
        const group = await ensure(
          () => securityGroups.find({ name: project.id }),
          () => securityGroups.create({ name: project.id, description: 'Lets everything in' }),
        )
        for (const ipVersion of [4, 6] as const)
          await ensure(
            () => securityGroupRules.find(group.id, { direction: 'ingress', ipVersion }),
            () => securityGroupRules.create(group.id, { direction: 'ingress', ipVersion }),
          )
        return go('open', write(task, { security_group_id: group.id }))
      },
      async open(task) {
        return done(async (tx) => {
          await updateProject(tx, task.subject.id, { status: 'ready', reason: null })
          await engine.signalProject(tx, task.subject.id)
          await announce(tx, { type: 'project', id: task.subject.id, accountId: task.accountId, projectId: task.subject.id })
        })
      },
    },
    async failed(tx, task) {
      await updateProject(tx, task.subject.id, { status: 'failed', reason: task.reason })
      await engine.signalProject(tx, task.subject.id)
      await announce(tx, { type: 'project', id: task.subject.id, accountId: task.accountId, projectId: task.subject.id })
    },
  })
}
