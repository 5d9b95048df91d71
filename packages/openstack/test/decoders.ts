import { fromNova as zoneFromNova } from '../src/compute/availability-zones.ts'
import { fromNova as flavorFromNova } from '../src/compute/flavors.ts'
import { fromNova as hypervisorFromNova } from '../src/compute/hypervisors.ts'
import { fromNova as actionFromNova } from '../src/compute/instance-actions.ts'
import { fromNova as interfaceFromNova } from '../src/compute/interfaces.ts'
import { fromNova as keypairFromNova } from '../src/compute/keypairs.ts'
import { fromNova as computeQuotasFromNova } from '../src/compute/quotas.ts'
import { fromNova as diagnosticsFromNova } from '../src/compute/diagnostics.ts'
import { fromNova as groupFromNova } from '../src/compute/server-groups.ts'
import { fromNova as serverFromNova } from '../src/compute/servers.ts'
import { fromNova as serviceFromNova } from '../src/compute/services.ts'
import { fromNova as usageFromNova } from '../src/compute/usage.ts'
import { fromNova as attachmentFromNova } from '../src/compute/volume-attachments.ts'
import { fromKeystone as applicationCredentialFromKeystone } from '../src/identity/application-credentials.ts'
import { fromKeystone as domainFromKeystone } from '../src/identity/domains.ts'
import { fromKeystone as projectFromKeystone } from '../src/identity/projects.ts'
import { fromKeystone as roleFromKeystone } from '../src/identity/roles.ts'
import { fromKeystone as userFromKeystone } from '../src/identity/users.ts'
import { fromGlance as imageFromGlance } from '../src/images/images.ts'
import { fromGlance as memberFromGlance } from '../src/images/members.ts'
import { fromOctavia as monitorFromOctavia } from '../src/load-balancers/health-monitors.ts'
import { fromOctavia as listenerFromOctavia } from '../src/load-balancers/listeners.ts'
import { fromOctavia as balancerFromOctavia } from '../src/load-balancers/load-balancers.ts'
import { statusFromOctavia } from '../src/load-balancers/status-tree.ts'
import { fromOctavia as memberFromOctavia } from '../src/load-balancers/members.ts'
import { fromOctavia as poolFromOctavia } from '../src/load-balancers/pools.ts'
import { statisticsFromOctavia } from '../src/load-balancers/statistics.ts'
import { fromNeutron as agentFromNeutron } from '../src/network/agents.ts'
import { fromNeutron as availabilityFromNeutron } from '../src/network/availability.ts'
import { fromNeutron as floatingIpFromNeutron } from '../src/network/floating-ips.ts'
import { fromNeutron as networkFromNeutron } from '../src/network/networks.ts'
import { fromNeutron as portFromNeutron } from '../src/network/ports.ts'
import { fromNeutron as networkQuotasFromNeutron } from '../src/network/quotas.ts'
import { fromNeutron as routerFromNeutron } from '../src/network/routers.ts'
import { fromNeutron as ruleFromNeutron } from '../src/network/security-group-rules.ts'
import { fromNeutron as securityGroupFromNeutron } from '../src/network/security-groups.ts'
import { fromNeutron as subnetFromNeutron } from '../src/network/subnets.ts'
import { fromPlacement as providerFromPlacement } from '../src/placement/index.ts'
import { fromKeystone as tokenFromKeystone } from '../src/session.ts'
import { fromVersionDocument } from '../src/versions.ts'
import { fromCinder as attachmentFromCinder } from '../src/volumes/attachments.ts'
import { fromCinder as backupFromCinder } from '../src/volumes/backups.ts'
import { fromCinder as volumeQuotasFromCinder } from '../src/volumes/quotas.ts'
import { poolFromCinder, fromCinder as serviceFromCinder } from '../src/volumes/services.ts'
import { fromCinder as snapshotFromCinder } from '../src/volumes/snapshots.ts'
import { fromCinder as transferFromCinder } from '../src/volumes/transfers.ts'
import { fromCinder as typeFromCinder } from '../src/volumes/types.ts'
import { fromCinder as volumeFromCinder } from '../src/volumes/volumes.ts'

/** A decoder and something that it must be able to read: the member `key` of a recorded answer, or an answer as the reference describes it. */
export interface DecoderCase {
  name: string
  decode: (raw: unknown) => unknown
  sample: { file: string; key?: string } | { raw: unknown }
}

const recorded = (name: string, decode: (raw: unknown) => unknown, file: string, key?: string): DecoderCase => ({
  name,
  decode,
  sample: key === undefined ? { file } : { file, key },
})
const described = (name: string, decode: (raw: unknown) => unknown, raw: unknown): DecoderCase => ({
  name,
  decode,
  sample: { raw },
})

const time = '2026-11-22T05:49:01'
const octavia = {
  id: 'a',
  name: 'x',
  description: '',
  provisioning_status: 'ACTIVE',
  operating_status: 'ONLINE',
  admin_state_up: true,
  project_id: 'p',
  tenant_id: 'p',
  created_at: time,
  updated_at: null,
}

export const decoderCases: DecoderCase[] = [
  recorded('domain', domainFromKeystone, '02-keystone-GET-domains', 'domains'),
  recorded('role', roleFromKeystone, '03-keystone-GET-roles', 'roles'),
  recorded('project', projectFromKeystone, '04-keystone-POST-projects', 'project'),
  recorded('user', userFromKeystone, '05-keystone-POST-users', 'user'),
  recorded('token', (raw) => tokenFromKeystone('t', raw), '08-keystone-POST-auth-tokens-customer'),
  described('application credential', applicationCredentialFromKeystone, {
    id: 'a',
    name: 'x',
    description: null,
    project_id: 'p',
    roles: [{ id: 'r', name: 'member' }],
    unrestricted: false,
    expires_at: null,
  }),
  recorded('image', imageFromGlance, '11-glance-GET-images', 'images'),
  described('image member', memberFromGlance, { image_id: 'i', member_id: 'p', status: 'pending', created_at: time }),
  recorded('flavor', flavorFromNova, '12-nova-GET-flavors-detail', 'flavors'),
  recorded('compute quotas', computeQuotasFromNova, '16-nova-GET-os-quota-sets-detail', 'quota_set'),
  recorded('volume quotas', volumeQuotasFromCinder, '18-cinder-GET-os-quota-sets-usage', 'quota_set'),
  recorded('network quotas', networkQuotasFromNeutron, '20-neutron-GET-quotas-details', 'quota'),
  recorded('external network', networkFromNeutron, '21-neutron-GET-networks-external', 'networks'),
  recorded('network', networkFromNeutron, '22-neutron-POST-networks', 'network'),
  recorded('subnet', subnetFromNeutron, '23-neutron-POST-subnets', 'subnet'),
  recorded('router', routerFromNeutron, '24-neutron-POST-routers', 'router'),
  recorded('security group', securityGroupFromNeutron, '51-neutron-GET-security-groups', 'security_groups'),
  recorded('security group rule', ruleFromNeutron, '27-neutron-POST-security-group-rules', 'security_group_rule'),
  recorded('key pair', keypairFromNova, '29-nova-POST-os-keypairs', 'keypair'),
  recorded('server', serverFromNova, '31-nova-GET-server', 'server'),
  recorded('server of 2.1', serverFromNova, '32-nova-GET-servers-detail-v2.1', 'servers'),
  recorded('server for an admin', serverFromNova, '33-nova-GET-servers-detail-all-tenants-v2.92', 'servers'),
  described('server in error', serverFromNova, {
    id: 's',
    name: 'x',
    status: 'ERROR',
    tenant_id: 'p',
    user_id: 'u',
    flavor: { id: '1' },
    image: { id: 'i' },
    created: `${time}Z`,
    updated: `${time}Z`,
    fault: { code: 500, message: 'No valid host was found. ', created: `${time}Z` },
  }),
  recorded('volume attachment', attachmentFromNova, '34-nova-GET-os-volume_attachments', 'volumeAttachments'),
  recorded('new volume attachment', attachmentFromNova, '36-nova-POST-os-volume_attachments', 'volumeAttachment'),
  recorded('volume', volumeFromCinder, '37-cinder-GET-volume-in-use', 'volume'),
  recorded('volume in a list', volumeFromCinder, '71-cinder-GET-volumes-detail', 'volumes'),
  recorded('port', portFromNeutron, '48-neutron-GET-ports-of-server', 'ports'),
  recorded('floating IP', floatingIpFromNeutron, '50-neutron-GET-floatingips', 'floatingips'),
  recorded('instance action', actionFromNova, '61-nova-GET-os-instance-actions', 'instanceActions'),
  described('instance action with events', actionFromNova, {
    action: 'create',
    request_id: 'req-1',
    start_time: `${time}.000000`,
    updated_at: null,
    events: [{ event: 'compute__do_build', start_time: time, finish_time: null, result: null, details: null }],
  }),
  recorded('usage', usageFromNova, '66-nova-GET-os-simple-tenant-usage-one', 'tenant_usage'),
  recorded('usage in a list', usageFromNova, '67-nova-GET-os-simple-tenant-usage-all', 'tenant_usages'),
  recorded('diagnostics', diagnosticsFromNova, '68-nova-GET-diagnostics'),
  recorded('hypervisor', hypervisorFromNova, '69-nova-GET-os-hypervisors-detail', 'hypervisors'),
  recorded('compute service', serviceFromNova, '70-nova-GET-os-services', 'services'),
  described('zone', zoneFromNova, { zoneName: 'nova', zoneState: { available: true }, hosts: null }),
  described('server group', groupFromNova, {
    id: 'g',
    name: 'x',
    policy: 'affinity',
    rules: { max_server_per_host: 2 },
    members: ['s'],
  }),
  described('interface', interfaceFromNova, {
    port_id: 'p',
    net_id: 'n',
    fixed_ips: [{ subnet_id: 's', ip_address: '10.0.0.1' }],
  }),
  recorded('snapshot', snapshotFromCinder, '74-cinder-POST-snapshots', 'snapshot'),
  described('backup', backupFromCinder, {
    id: 'b',
    name: null,
    status: 'error',
    volume_id: 'v',
    size: 1,
    fail_reason: 'none',
    created_at: time,
  }),
  described('transfer', transferFromCinder, { id: 't', name: 'x', volume_id: 'v', created_at: time }),
  described('volume type', typeFromCinder, { id: 't', name: 'fast', is_public: true, extra_specs: { a: 'b' } }),
  described('Cinder attachment', attachmentFromCinder, {
    id: 'a',
    volume_id: 'v',
    instance: 's',
    status: 'attached',
    attached_at: time,
  }),
  described('volume service', serviceFromCinder, {
    binary: 'cinder-volume',
    host: 'h',
    zone: 'nova',
    status: 'enabled',
    state: 'up',
  }),
  described('pool', poolFromCinder, {
    name: 'h@rbd#rbd',
    capabilities: { total_capacity_gb: 10.5, free_capacity_gb: 'unknown' },
  }),
  described('agent', agentFromNeutron, {
    id: 'a',
    agent_type: 'L3 agent',
    binary: 'x',
    host: 'h',
    admin_state_up: true,
    alive: true,
  }),
  described('IP availability', availabilityFromNeutron, {
    network_id: 'n',
    tenant_id: 'p',
    total_ips: 253,
    used_ips: 2,
    subnet_ip_availability: [{ subnet_id: 's', cidr: '10.0.0.0/24', ip_version: 4, total_ips: 253, used_ips: 2 }],
  }),
  described('resource provider', providerFromPlacement, { uuid: 'r', name: 'host', generation: 3, parent_provider_uuid: null }),
  described('load balancer', balancerFromOctavia, { ...octavia, vip_address: '10.0.0.2', listeners: [{ id: 'l' }], pools: [] }),
  described('listener', listenerFromOctavia, {
    ...octavia,
    protocol: 'HTTP',
    protocol_port: 80,
    insert_headers: { 'X-Forwarded-For': 'true' },
  }),
  described('pool of members', poolFromOctavia, {
    ...octavia,
    protocol: 'HTTP',
    lb_algorithm: 'ROUND_ROBIN',
    session_persistence: { type: 'SOURCE_IP', cookie_name: null },
  }),
  described('member', memberFromOctavia, { ...octavia, address: '10.0.0.3', protocol_port: 80 }),
  described('health monitor', monitorFromOctavia, {
    ...octavia,
    type: 'TCP',
    delay: 5,
    timeout: 3,
    max_retries: 3,
    pools: [{ id: 'p' }],
  }),
  described('status tree', statusFromOctavia, {
    loadbalancer: {
      ...octavia,
      listeners: [{ ...octavia, pools: [{ ...octavia, health_monitor: octavia, members: [octavia] }] }],
      pools: [{ ...octavia, health_monitor: {} }],
    },
  }),
  described('statistics', statisticsFromOctavia, {
    active_connections: 1,
    total_connections: 2,
    bytes_in: 3,
    bytes_out: 4,
    request_errors: 0,
  }),
  described('versions of Nova', (raw) => fromVersionDocument('nova', raw), { version: { version: '2.93', min_version: '2.1' } }),
  described('versions of Placement', (raw) => fromVersionDocument('placement', raw), {
    versions: [{ max_version: '1.39', min_version: '1.0' }],
  }),
]
