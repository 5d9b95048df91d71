import { createObject } from '../objects.ts'
import { Refused } from '../refusal.ts'
import type { Hooks } from './index.ts'

/** Types that every system has, with their numbers. */
export const knownTagTypes = ['label', 'application', 'tier', 'deployment', 'site', 'neutron_fwaas'] as const
const firstOwnType = 16

/** https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/api-server/vnc_cfg_api_server/resources/tag.py */
export const tagHooks: Hooks = {
  beforeNaming(body) {
    if (
      body.tag_type_name === undefined ||
      body.tag_type_name === null ||
      body.tag_value === undefined ||
      body.tag_value === null
    )
      throw new Refused(400, 'Tag must be created with a type and a value')
    const type = String(body.tag_type_name).toLowerCase()
    const name = `${type}=${body.tag_value}`
    body.fq_name = [...(body.fq_name as string[]).slice(0, -1), name]
    body.tag_type_name = type
    body.display_name = name
  },

  beforeCreate(world, context, body) {
    if (body.tag_type_refs !== undefined && body.tag_type_refs !== null)
      throw new Refused(400, 'Tag Type reference is not setable')
    const name = String(body.tag_type_name)
    const type =
      world.store.byName('tag-type', [name]) ??
      createObject(world, { base: context.base, caller: undefined }, 'tag-type', {
        fq_name: [name],
        id_perms: { user_visible: false },
        tag_type_id: `0x${hex(
          freeNumber(
            world.store.ofType('tag-type').map(({ properties }) => Number(properties.tag_type_id)),
            firstOwnType,
          ),
          4,
        )}`,
      })
    body.tag_type_refs = [{ uuid: type.uuid, to: type.fq_name }]
    const digits = world.generation === 'tf' ? 4 : 8
    const taken = world.store
      .referrers(type.uuid, 'tag')
      .map(({ properties }) => Number.parseInt(String(properties.tag_id).slice(-digits), 16))
    body.tag_id = `${type.properties.tag_type_id}${hex(freeNumber(taken, 0), digits)}`
    return undefined
  },

  beforeUpdate(_world, _context, _tag, body) {
    if (body.display_name != null || body.tag_value != null) throw new Refused(400, 'Tag name, type, value cannot be updated')
    if (body.tag_type_refs != null) throw new Refused(400, 'Tag-type reference cannot be updated')
  },
}

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')

function freeNumber(taken: readonly number[], first: number): number {
  let number = first
  while (taken.includes(number)) number++
  return number
}
