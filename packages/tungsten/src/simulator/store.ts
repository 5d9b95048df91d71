import { type Clock, seededRandom } from '@straylight/kit'
import type { EntityLog } from '@straylight/kit/simulator'
import { isRehearsal, undoAfterRehearsal } from './rehearsal.ts'

export interface IdPermissions {
  permissions: { owner: string; owner_access: number; group: string; group_access: number; other_access: number }
  enable: boolean
  created: string
  last_modified: string
  description: string | null
  user_visible: boolean
  creator: string | null
}

export interface Sharing {
  owner: string
  owner_access: number
  global_access: number
  share: { tenant: string; tenant_access: number }[]
}

export interface StoredReference {
  uuid: string
  attr: unknown
}

export interface StoredObject {
  uuid: string
  type: string
  fq_name: string[]
  parent_type?: string
  parent_uuid?: string
  /** All properties but the permissions. */
  properties: Record<string, unknown>
  /** By field, such as `virtual_network_refs`. */
  references: Record<string, StoredReference[]>
  id_perms: IdPermissions
  perms2: Sharing
  /** Referrers that a delete does not stop at. */
  relaxed?: string[]
  /** When it was made, relative to others. */
  order: number
}

export interface StoreEvent {
  operation: 'create' | 'update' | 'delete'
  object: StoredObject
}

/**
 * The objects, found by uuid, by type and name, by parent, and by whom they refer to; each change goes to the log.
 * It knows no rules.
 */
export class ObjectStore {
  readonly #log: EntityLog
  readonly #clock: Clock
  #random: () => number
  readonly #objects = new Map<string, StoredObject>()
  readonly #names = new Map<string, Map<string, string>>()
  readonly #children = new Map<string, Map<string, Set<string>>>()
  readonly #backReferences = new Map<string, Map<string, Set<string>>>()
  readonly #numbers = new Map<string, Set<number>>()
  readonly #listeners = new Set<(event: StoreEvent) => void>()
  #order = 0
  #lastMicros = 0

  constructor(log: EntityLog, clock: Clock, seed: number) {
    this.#log = log
    this.#clock = clock
    this.#random = seededRandom(seed)
  }

  /** Takes back what the log has kept. */
  restore(objects: readonly StoredObject[], seed: number): void {
    for (const object of objects) {
      this.#index(object)
      this.#order = Math.max(this.#order, object.order)
    }
    // The same seed would give the ids of the last run once more.
    this.#random = seededRandom(seed + objects.length * 7919)
  }

  clear(seed: number): void {
    for (const uuid of this.#objects.keys()) this.#log.remove('object', uuid)
    for (const index of [this.#objects, this.#names, this.#children, this.#backReferences, this.#numbers]) index.clear()
    this.#order = 0
    this.#random = seededRandom(seed)
  }

  get size(): number {
    return this.#objects.size
  }

  countByType(): [string, number][] {
    return [...this.#names].flatMap(([type, names]): [string, number][] => (names.size > 0 ? [[type, names.size]] : []))
  }

  onChange(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get(uuid: string): StoredObject | undefined {
    return this.#objects.get(uuid)
  }

  uuidOf(type: string, fqName: readonly string[]): string | undefined {
    return this.#names.get(type)?.get(fqName.join(':'))
  }

  byName(type: string, fqName: readonly string[]): StoredObject | undefined {
    const uuid = this.uuidOf(type, fqName)
    return uuid === undefined ? undefined : this.get(uuid)
  }

  /** All objects of a type, in the order of their names, as the real database keeps them. */
  ofType(type: string): StoredObject[] {
    const names = [...(this.#names.get(type)?.entries() ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
    return names.map(([, uuid]) => this.#objects.get(uuid) as StoredObject)
  }

  /** Children of a type, oldest first. */
  children(parentUuid: string, type: string): StoredObject[] {
    return [...(this.#children.get(parentUuid)?.get(type) ?? [])]
      .map((uuid) => this.#objects.get(uuid) as StoredObject)
      .sort((a, b) => a.order - b.order)
  }

  /** Objects of a type that refer to this one. */
  referrers(uuid: string, type: string): StoredObject[] {
    return [...(this.#backReferences.get(uuid)?.get(type) ?? [])].sort().map((from) => this.#objects.get(from) as StoredObject)
  }

  insert(object: Omit<StoredObject, 'order'>): StoredObject {
    const stored: StoredObject = { ...object, order: ++this.#order }
    this.#index(stored)
    if (!undoAfterRehearsal(() => this.#forget(stored))) this.#keep('create', stored)
    return stored
  }

  /** Changes an object and marks it as modified now. */
  change(uuid: string, change: (object: StoredObject) => void): void {
    const object = this.#objects.get(uuid)
    if (!object) return
    if (isRehearsal()) this.#putBackAfterRehearsal(object)
    this.#unlink(object)
    change(object)
    object.id_perms.last_modified = this.now()
    this.#link(object)
    if (!isRehearsal()) this.#keep('update', object)
  }

  remove(uuid: string): void {
    const object = this.#objects.get(uuid)
    if (!object) return
    this.#forget(object)
    if (undoAfterRehearsal(() => this.#index(object))) return
    this.#log.remove('object', uuid)
    for (const listener of this.#listeners) listener({ operation: 'delete', object })
  }

  /** The smallest number from `first` up that is not taken in this series. */
  takeNumber(series: string, first: number): number {
    const taken = this.#numbers.get(series) ?? new Set()
    this.#numbers.set(series, taken)
    let number = first
    while (taken.has(number)) number++
    taken.add(number)
    undoAfterRehearsal(() => taken.delete(number))
    return number
  }

  freeNumber(series: string, number: number): void {
    if (this.#numbers.get(series)?.delete(number)) undoAfterRehearsal(() => this.#numbers.get(series)?.add(number))
  }

  newUuid(): string {
    const bytes = Array.from({ length: 16 }, () => Math.floor(this.#random() * 256))
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    return this.#objects.has(uuid) ? this.newUuid() : uuid
  }

  /** One of several, by the seed. */
  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T
  }

  /** Now, as the server writes times: UTC without a zone, microseconds, never twice the same. */
  now(): string {
    const micros = Math.max(this.#clock.now().getTime() * 1000, this.#lastMicros + 1)
    this.#lastMicros = micros
    const fraction = String(micros % 1_000_000).padStart(6, '0')
    return `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19)}.${fraction}`
  }

  #index(object: StoredObject): void {
    this.#objects.set(object.uuid, object)
    let names = this.#names.get(object.type)
    if (!names) {
      names = new Map()
      this.#names.set(object.type, names)
    }
    names.set(object.fq_name.join(':'), object.uuid)
    if (object.parent_uuid) setOf(this.#children, object.parent_uuid, object.type).add(object.uuid)
    this.#link(object)
    for (const [series, property] of numbered[object.type] ?? []) {
      const number = object.properties[property]
      if (typeof number === 'number') (this.#numbers.get(series) ?? this.#numbers.set(series, new Set()).get(series))?.add(number)
    }
  }

  #forget(object: StoredObject): void {
    this.#unlink(object)
    this.#objects.delete(object.uuid)
    this.#names.get(object.type)?.delete(object.fq_name.join(':'))
    if (object.parent_uuid) this.#children.get(object.parent_uuid)?.get(object.type)?.delete(object.uuid)
  }

  #putBackAfterRehearsal(object: StoredObject): void {
    const before = structuredClone(object)
    undoAfterRehearsal(() => {
      this.#unlink(object)
      for (const name of Object.keys(object) as (keyof StoredObject)[]) delete object[name]
      Object.assign(object, before)
      this.#link(object)
    })
  }

  #link(object: StoredObject): void {
    for (const { uuid } of Object.values(object.references).flat())
      setOf(this.#backReferences, uuid, object.type).add(object.uuid)
  }

  #unlink(object: StoredObject): void {
    for (const { uuid } of Object.values(object.references).flat())
      this.#backReferences.get(uuid)?.get(object.type)?.delete(object.uuid)
  }

  #keep(operation: 'create' | 'update', object: StoredObject): void {
    this.#log.put('object', object.uuid, object)
    for (const listener of this.#listeners) listener({ operation, object })
  }
}

/** Properties that hold numbers of a series, so that a restarted simulator does not give them twice. */
const numbered: Record<string, [series: string, property: string][]> = {
  'virtual-network': [['virtual-network', 'virtual_network_network_id']],
  'security-group': [['security-group', 'security_group_id']],
}

function setOf(index: Map<string, Map<string, Set<string>>>, uuid: string, type: string): Set<string> {
  let types = index.get(uuid)
  if (!types) {
    types = new Map()
    index.set(uuid, types)
  }
  let uuids = types.get(type)
  if (!uuids) {
    uuids = new Set()
    types.set(type, uuids)
  }
  return uuids
}
