import { fields } from '../decode.ts'

/** The whole tree of one load balancer with the two statuses of each part. */
export interface StatusNode {
  kind: 'loadbalancer' | 'listener' | 'pool' | 'member' | 'health_monitor'
  id: string
  name: string
  provisioningStatus: string
  operatingStatus: string | undefined
  children: StatusNode[]
}

function statusNode(kind: StatusNode['kind'], raw: unknown): StatusNode {
  const node = fields('octavia', kind, raw)
  const children: StatusNode[] = [
    ...node.maybeList('listeners', (item) => statusNode('listener', item)),
    ...node.maybeList('pools', (item) => statusNode('pool', item)),
    ...node.maybeList('members', (item) => statusNode('member', item)),
    ...(node.has('health_monitor') && Object.keys(node.child('health_monitor').raw).length > 0
      ? [statusNode('health_monitor', node.raw.health_monitor)]
      : []),
  ]
  return {
    kind,
    id: node.text('id'),
    name: node.maybeText('name') ?? '',
    provisioningStatus: node.text('provisioning_status'),
    operatingStatus: node.maybeText('operating_status'),
    children,
  }
}

export const statusFromOctavia = (raw: unknown): StatusNode =>
  statusNode('loadbalancer', fields('octavia', 'status tree', raw).raw.loadbalancer)
