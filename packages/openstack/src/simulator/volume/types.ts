import { asFlag, asObject, asText, type Call, Refusal, strings } from '../call.ts'
import { uuid } from '../ids.ts'
import { volumeTypeEvent } from '../notifications/volume.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import type { World } from '../world.ts'
import { bad, missing, projectRoute, requireAdmin } from './answers.ts'

export interface VolumeType extends Row {
  name: string
  description: string | null
  isPublic: boolean
  extraSpecs: Record<string, string>
  projectIds: string[]
  createdMs: number
}

export const routes: Route[] = [
  projectRoute('GET', '/types', listTypes),
  projectRoute('POST', '/types', createType),
  projectRoute('GET', '/types/default', (call) => ({ status: 200, body: { volume_type: view(call, defaultType(call.world)) } })),
  projectRoute('GET', '/types/:id', (call) => ({ status: 200, body: { volume_type: view(call, visibleType(call)) } })),
  projectRoute('PUT', '/types/:id', updateType),
  projectRoute('DELETE', '/types/:id', deleteType),
  projectRoute('POST', '/types/:id/action', access),
  projectRoute('GET', '/types/:id/os-volume-type-access', listAccess),
  projectRoute('GET', '/types/:id/extra_specs', (call) => ({ status: 200, body: { extra_specs: visibleType(call).extraSpecs } })),
  projectRoute('POST', '/types/:id/extra_specs', setSpecs),
  projectRoute('DELETE', '/types/:id/extra_specs/:key', dropSpec),
]

export const defaultType = (world: World): VolumeType =>
  world.volumeTypes.where('name', 'standard')[0] ?? (world.volumeTypes.all()[0] as VolumeType)

const isVisible = (call: Call, type: VolumeType): boolean =>
  call.who.isAdmin || type.isPublic || type.projectIds.includes(call.who.projectId)

/** By id or name. */
export const findType = (call: Call, idOrName: string): VolumeType | undefined => {
  const type = call.world.volumeTypes.get(idOrName) ?? call.world.volumeTypes.where('name', idOrName)[0]
  return type && isVisible(call, type) ? type : undefined
}

function visibleType(call: Call): VolumeType {
  const id = call.params.id ?? ''
  const type = call.world.volumeTypes.get(id)
  if (!type || !isVisible(call, type)) throw missing(`Volume type ${id} could not be found.`)
  return type
}

/** Only administrators see which backend a type means. */
const view = (call: Call, type: VolumeType) => ({
  id: type.id,
  name: type.name,
  is_public: type.isPublic,
  description: type.description,
  extra_specs: call.who.isAdmin ? type.extraSpecs : {},
  ...(call.who.isAdmin ? { qos_specs_id: null } : {}),
  'os-volume-type-access:is_public': type.isPublic,
})

function listTypes(call: Call) {
  const isPublic = call.query.get('is_public')
  const types = call.world.volumeTypes
    .all()
    .filter(
      (type) =>
        isVisible(call, type) &&
        (isPublic === null || !call.who.isAdmin || asFlag(isPublic) === undefined || asFlag(isPublic) === type.isPublic),
    )
  types.sort((a, b) => b.createdMs - a.createdMs || (a.name < b.name ? -1 : 1))
  return { status: 200, body: { volume_types: types.map((type) => view(call, type)) } }
}

function createType(call: Call) {
  requireAdmin(call, 'volume_extension:type_create')
  const { world } = call
  const wanted = asObject(call.body.volume_type)
  const name = asText(wanted.name)
  if (!name) throw bad("Invalid input for field/attribute name. Value: None. None is not of type 'string'")
  if (world.volumeTypes.where('name', name).length > 0) throw new Refusal(409, `Volume Type ${name} already exists.`)
  const type = world.volumeTypes.insert({
    id: uuid(),
    name,
    description: asText(wanted.description) ?? null,
    isPublic: asFlag(wanted['os-volume-type-access:is_public']) ?? true,
    extraSpecs: strings(wanted.extra_specs),
    projectIds: [],
    createdMs: world.nowMs,
  })
  volumeTypeEvent(world, 'create', type)
  return {
    status: 200,
    body: {
      volume_type: {
        id: type.id,
        name,
        is_public: type.isPublic,
        extra_specs: type.extraSpecs,
        description: type.description,
        'os-volume-type-access:is_public': type.isPublic,
      },
    },
  }
}

function updateType(call: Call) {
  requireAdmin(call, 'volume_extension:type_update')
  const before = visibleType(call)
  const wanted = asObject(call.body.volume_type)
  const type = call.world.volumeTypes.update(before.id, {
    name: asText(wanted.name) ?? before.name,
    description: asText(wanted.description) ?? before.description,
    isPublic: asFlag(wanted.is_public) ?? before.isPublic,
  })
  return {
    status: 200,
    body: {
      volume_type: {
        id: type.id,
        name: type.name,
        is_public: type.isPublic,
        extra_specs: type.extraSpecs,
        description: type.description,
      },
    },
  }
}

function deleteType(call: Call) {
  requireAdmin(call, 'volume_extension:type_delete')
  const type = visibleType(call)
  if (call.world.volumes.find((volume) => volume.typeId === type.id)) throw bad('Target volume type is still in use.')
  call.world.volumeTypes.remove(type.id)
  volumeTypeEvent(call.world, 'delete', type)
  return { status: 202 }
}

function access(call: Call) {
  const type = visibleType(call)
  const add = asText(asObject(call.body.addProjectAccess).project)
  const gone = asText(asObject(call.body.removeProjectAccess).project)
  requireAdmin(call, `volume_extension:volume_type_access:${add ? 'addProjectAccess' : 'removeProjectAccess'}`)
  const others = type.projectIds.filter((id) => id !== add && id !== gone)
  call.world.volumeTypes.update(type.id, { projectIds: add ? [...others, add] : others })
  return { status: 202 }
}

function listAccess(call: Call) {
  const type = visibleType(call)
  requireAdmin(call, 'volume_extension:volume_type_access:get_all_for_type')
  if (type.isPublic) throw missing('Access list not available for public volume types.')
  return {
    status: 200,
    body: { volume_type_access: type.projectIds.map((project_id) => ({ volume_type_id: type.id, project_id })) },
  }
}

function setSpecs(call: Call) {
  requireAdmin(call, 'volume_extension:types_extra_specs:create')
  const type = visibleType(call)
  const extraSpecs = strings(call.body.extra_specs)
  call.world.volumeTypes.update(type.id, { extraSpecs: { ...type.extraSpecs, ...extraSpecs } })
  return { status: 200, body: { extra_specs: extraSpecs } }
}

function dropSpec(call: Call) {
  requireAdmin(call, 'volume_extension:types_extra_specs:delete')
  const type = visibleType(call)
  const key = call.params.key ?? ''
  if (!(key in type.extraSpecs)) throw missing(`Volume Type ${type.id} has no extra specs with key ${key}.`)
  const { [key]: _gone, ...extraSpecs } = type.extraSpecs
  call.world.volumeTypes.update(type.id, { extraSpecs })
  return { status: 202 }
}
