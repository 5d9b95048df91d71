import { asFlag, asNumber, asObject, asText, type Call, type JsonObject, strings } from '../call.ts'
import { uuid } from '../ids.ts'
import { nextQuery, page, sortBy } from '../lists.ts'
import { computeNotice } from '../notifications/compute.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import { bad, computeRoute, conflicting, invalidField, links, missing, requireAdmin } from './answers.ts'

export interface Flavor extends Row {
  /** The id that people see; the row's own id never leaves the simulator. */
  flavorId: string
  name: string
  vcpus: number
  ramMib: number
  diskGib: number
  ephemeralGib: number
  swapMib: number
  rxtxFactor: number
  isPublic: boolean
  description: string | null
  extraSpecs: Record<string, string>
  projectIds: string[]
  createdMs: number
}

export const routes: Route[] = [
  computeRoute('GET', '/flavors', (call) => listFlavors(call, false)),
  computeRoute('GET', '/flavors/detail', (call) => listFlavors(call, true)),
  computeRoute('POST', '/flavors', createFlavor),
  computeRoute('GET', '/flavors/:id', (call) => ({ status: 200, body: { flavor: flavorView(call, visibleFlavor(call)) } })),
  computeRoute('PUT', '/flavors/:id', describeFlavor),
  computeRoute('DELETE', '/flavors/:id', deleteFlavor),
  computeRoute('POST', '/flavors/:id/action', changeAccess),
  computeRoute('GET', '/flavors/:id/os-flavor-access', listAccess),
  computeRoute('GET', '/flavors/:id/os-extra_specs', (call) => ({
    status: 200,
    body: { extra_specs: visibleFlavor(call).extraSpecs },
  })),
  computeRoute('POST', '/flavors/:id/os-extra_specs', addSpecs),
  computeRoute('GET', '/flavors/:id/os-extra_specs/:key', (call) => ({ status: 200, body: specOf(call) })),
  computeRoute('PUT', '/flavors/:id/os-extra_specs/:key', setSpec),
  computeRoute('DELETE', '/flavors/:id/os-extra_specs/:key', dropSpec),
]

const flavorView = (call: Call, flavor: Flavor): JsonObject => ({
  id: flavor.flavorId,
  name: flavor.name,
  ram: flavor.ramMib,
  disk: flavor.diskGib,
  // No swap is an empty text before 2.75.
  swap: flavor.swapMib || (call.version >= 75 ? 0 : ''),
  'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeralGib,
  'OS-FLV-DISABLED:disabled': false,
  vcpus: flavor.vcpus,
  'os-flavor-access:is_public': flavor.isPublic,
  rxtx_factor: flavor.rxtxFactor,
  links: links(call, `flavors/${flavor.flavorId}`),
  ...(call.version >= 55 ? { description: flavor.description } : {}),
  ...(call.version >= 61 ? { extra_specs: flavor.extraSpecs } : {}),
})

export const findFlavor = (world: World, flavorId: string): Flavor | undefined => world.flavors.where('flavorId', flavorId)[0]

const isVisible = (call: Call, flavor: Flavor): boolean =>
  call.who.isAdmin || flavor.isPublic || flavor.projectIds.includes(call.who.projectId)

function visibleFlavor(call: Call): Flavor {
  const id = call.params.id ?? ''
  const flavor = findFlavor(call.world, id)
  if (!flavor || !isVisible(call, flavor)) throw missing(`Flavor ${id} could not be found.`)
  return flavor
}

function listFlavors(call: Call, detailed: boolean) {
  const { world, query, who } = call
  const wanted = query.get('is_public')
  // Administrators choose with is_public (None is all); without it even they get the public ones and their own.
  const chosen = world.flavors.all().filter((flavor) => {
    if (who.isAdmin && wanted?.toLowerCase() === 'none') return true
    if (who.isAdmin && wanted !== null) return flavor.isPublic === asFlag(wanted)
    return flavor.isPublic || flavor.projectIds.includes(who.projectId)
  })
  const minRam = Number(query.get('minRam') ?? 0)
  const minDisk = Number(query.get('minDisk') ?? 0)
  const fitting = chosen.filter((flavor) => flavor.ramMib >= minRam && flavor.diskGib >= minDisk)
  const readers: Record<string, (flavor: Flavor) => string | number> = {
    flavorid: (flavor) => flavor.flavorId,
    name: (flavor) => flavor.name,
    memory_mb: (flavor) => flavor.ramMib,
    vcpus: (flavor) => flavor.vcpus,
    root_gb: (flavor) => flavor.diskGib,
  }
  const read = readers[query.get('sort_key') ?? 'flavorid'] ?? ((flavor: Flavor) => flavor.flavorId)
  const sorted = sortBy(fitting, [{ read, descending: query.get('sort_dir') === 'desc' }])
  const limit = Math.min(Number(query.get('limit') ?? 1000), 1000)
  const byMarker = sorted.map((flavor) => ({ id: flavor.flavorId, flavor }))
  const { rows, more } = page(byMarker, query.get('marker'), limit, (marker) => bad(`marker [${marker}] not found`))
  const last = rows.at(-1)
  return {
    status: 200,
    body: {
      flavors: rows.map(({ flavor }) =>
        detailed
          ? flavorView(call, flavor)
          : {
              id: flavor.flavorId,
              name: flavor.name,
              links: links(call, `flavors/${flavor.flavorId}`),
              ...(call.version >= 55 ? { description: flavor.description } : {}),
            },
      ),
      ...(more && last
        ? { flavors_links: [{ rel: 'next', href: `${call.base}${call.path}?${nextQuery(query, last.id)}` }] }
        : {}),
    },
  }
}

function createFlavor(call: Call) {
  requireAdmin(call, 'os-flavor-manage:create')
  const { world } = call
  const wanted = asObject(call.body.flavor)
  const name = asText(wanted.name)
  if (name === undefined) throw invalidField('flavor', wanted, "'name' is a required property")
  const number = (key: string, least: number, fallback?: number): number => {
    const value = wanted[key] === undefined ? fallback : asNumber(wanted[key])
    if (value === undefined) throw invalidField('flavor', wanted, `'${key}' is a required property`)
    if (value < least) throw invalidField(key, value, `${value} is less than the minimum of ${least}`)
    return value
  }
  const flavorId = asText(wanted.id) ?? uuid()
  if (findFlavor(world, flavorId)) throw conflicting(`Flavor with ID ${flavorId} already exists.`)
  if (world.flavors.find((flavor) => flavor.name === name)) throw conflicting(`Flavor with name ${name} already exists.`)
  const flavor = world.flavors.insert({
    id: uuid(),
    flavorId,
    name,
    vcpus: number('vcpus', 1),
    ramMib: number('ram', 1),
    diskGib: number('disk', 0),
    ephemeralGib: number('OS-FLV-EXT-DATA:ephemeral', 0, 0),
    swapMib: number('swap', 0, 0),
    rxtxFactor: number('rxtx_factor', 0, 1),
    isPublic: asFlag(wanted['os-flavor-access:is_public']) ?? true,
    description: asText(wanted.description) ?? null,
    extraSpecs: {},
    projectIds: [],
    createdMs: world.nowMs,
  })
  flavorNotice(world, 'create', flavor)
  return { status: 200, body: { flavor: flavorView(call, flavor) } }
}

function describeFlavor(call: Call) {
  requireAdmin(call, 'os-flavor-manage:update')
  const wanted = asObject(call.body.flavor)
  const flavor = call.world.flavors.update(visibleFlavor(call).id, { description: asText(wanted.description) ?? null })
  return { status: 200, body: { flavor: flavorView(call, flavor) } }
}

function deleteFlavor(call: Call) {
  requireAdmin(call, 'os-flavor-manage:delete')
  const flavor = visibleFlavor(call)
  call.world.flavors.remove(flavor.id)
  flavorNotice(call.world, 'delete', flavor)
  return { status: 202 }
}

const accessView = (flavor: Flavor) => ({
  flavor_access: flavor.projectIds.map((tenant_id) => ({ flavor_id: flavor.flavorId, tenant_id })),
})

function changeAccess(call: Call) {
  const add = asText(asObject(call.body.addTenantAccess).tenant)
  const gone = asText(asObject(call.body.removeTenantAccess).tenant)
  requireAdmin(call, `os-flavor-access:${add === undefined ? 'remove' : 'add'}_tenant_access`)
  const flavor = visibleFlavor(call)
  if (add !== undefined && flavor.isPublic) throw conflicting('Can not add access to a public flavor.')
  if (add !== undefined && flavor.projectIds.includes(add))
    throw conflicting(`Flavor access already exists for flavor ${flavor.flavorId} and project ${add} combination.`)
  if (gone !== undefined && !flavor.projectIds.includes(gone))
    throw missing(`Flavor access not found for ${flavor.flavorId} / ${gone} combination.`)
  const others = flavor.projectIds.filter((id) => id !== gone)
  const changed = call.world.flavors.update(flavor.id, { projectIds: add === undefined ? others : [...others, add] })
  return { status: 200, body: accessView(changed) }
}

function listAccess(call: Call) {
  requireAdmin(call, 'os-flavor-access')
  const flavor = visibleFlavor(call)
  if (flavor.isPublic) throw missing('Access list not available for public flavors.')
  return { status: 200, body: accessView(flavor) }
}

function addSpecs(call: Call) {
  requireAdmin(call, 'os-flavor-extra-specs:create')
  const flavor = visibleFlavor(call)
  const added = strings(call.body.extra_specs)
  call.world.flavors.update(flavor.id, { extraSpecs: { ...flavor.extraSpecs, ...added } })
  return { status: 200, body: { extra_specs: added } }
}

function specOf(call: Call): Record<string, string> {
  const flavor = visibleFlavor(call)
  const key = call.params.key ?? ''
  const value = flavor.extraSpecs[key]
  if (value === undefined) throw missing(`Flavor ${flavor.flavorId} has no extra specs with key ${key}.`)
  return { [key]: value }
}

function setSpec(call: Call) {
  requireAdmin(call, 'os-flavor-extra-specs:update')
  const flavor = visibleFlavor(call)
  const key = call.params.key ?? ''
  if (!(key in call.body)) throw bad('Request body and URI mismatch')
  const spec = { [key]: String(call.body[key]) }
  call.world.flavors.update(flavor.id, { extraSpecs: { ...flavor.extraSpecs, ...spec } })
  return { status: 200, body: spec }
}

function dropSpec(call: Call) {
  requireAdmin(call, 'os-flavor-extra-specs:delete')
  const flavor = visibleFlavor(call)
  const [key = ''] = Object.keys(specOf(call))
  const { [key]: _gone, ...extraSpecs } = flavor.extraSpecs
  call.world.flavors.update(flavor.id, { extraSpecs })
  return { status: 200 }
}

function flavorNotice(world: World, event: string, flavor: Flavor): void {
  computeNotice(world, `flavor.${event}`, 'nova-api', () => ({
    'nova_object.name': 'FlavorPayload',
    'nova_object.namespace': 'nova',
    'nova_object.version': '1.4',
    'nova_object.data': {
      flavorid: flavor.flavorId,
      memory_mb: flavor.ramMib,
      vcpus: flavor.vcpus,
      root_gb: flavor.diskGib,
      ephemeral_gb: flavor.ephemeralGib,
      name: flavor.name,
      swap: flavor.swapMib,
      rxtx_factor: flavor.rxtxFactor,
      vcpu_weight: 0,
      disabled: false,
      is_public: flavor.isPublic,
      extra_specs: flavor.extraSpecs,
      projects: flavor.projectIds,
      description: flavor.description,
    },
  }))
}
