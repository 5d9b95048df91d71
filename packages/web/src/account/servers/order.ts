import { type Image, type Server, type ServerCreate, serverLimits, type Volume } from '@straylight/api'

/** What the form of a new server holds. Sizes in GiB. */
export interface OrderForm {
  imageId: string
  vcpus: number
  ram: number
  /** The system volume. */
  system: number
  /** Further volumes. */
  volumes: number[]
  publicAddress: boolean
  keyIds: string[]
  userData: string
  name: string
}

export const emptyOrder: OrderForm = {
  imageId: '',
  vcpus: 2,
  ram: 4,
  system: 20,
  volumes: [],
  publicAddress: true,
  keyIds: [],
  userData: '',
  name: '',
}

/** Is `value` a form of this version? Drafts come from the browser's storage, which keeps anything. */
export function isOrderForm(value: unknown): value is OrderForm {
  if (typeof value !== 'object' || value === null) return false
  const form: Partial<Record<keyof OrderForm, unknown>> = value
  const listOf = (list: unknown, type: 'string' | 'number') => Array.isArray(list) && list.every((item) => typeof item === type)
  return (
    [form.imageId, form.userData, form.name].every((text) => typeof text === 'string') &&
    [form.vcpus, form.ram, form.system].every((size) => typeof size === 'number') &&
    listOf(form.volumes, 'number') &&
    listOf(form.keyIds, 'string') &&
    typeof form.publicAddress === 'boolean'
  )
}

/** Where a form begins: by itself, with an image, or as a copy of a server. */
export interface OrderStart {
  person: string
  project: string
  imageId?: string | undefined
  copyOf?: string | undefined
}

/**
 * The name of a form's draft. What was begun by a link has a draft of its own: the link gives its values once, and what was typed into
 * another form stays out of it.
 */
export const draftName = ({ person, project, imageId, copyOf }: OrderStart): string =>
  ['server', person, project, ...(copyOf ? ['from', copyOf] : []), ...(imageId ? ['image', imageId] : [])].join('.')

/** What an order takes over from a server: its sizes, its disks, its image while that is offered, and whether it is reached from outside. */
export function copyOf(
  server: Pick<Server, 'id' | 'flavor' | 'addresses' | 'image'>,
  { images, volumes }: { images: readonly Image[]; volumes: readonly Volume[] },
): Partial<OrderForm> {
  const disks = volumes.filter((volume) => volume.attached_to_server?.id === server.id)
  const system = disks.find((volume) => volume.undetachable)
  const wanted = server.image?.operation_system
  const image = images.find(
    ({ operation_system: { distribution, version } }) =>
      wanted !== undefined && distribution === wanted.distribution && version === wanted.version,
  )
  return {
    vcpus: server.flavor.vcpus,
    ram: server.flavor.ram,
    publicAddress: server.addresses.length > 0,
    // A server that was never built has no disks yet.
    ...(system ? { system: system.size } : {}),
    volumes: disks.filter((volume) => volume !== system).map(({ size }) => size),
    ...(image ? { imageId: image.id } : {}),
  }
}

/** The order as the service takes it. */
export const toOrder = (form: OrderForm): ServerCreate => ({
  name: form.name.trim(),
  image: form.imageId,
  flavor: { vcpus: form.vcpus, ram: form.ram },
  storages: [form.system, ...form.volumes].map((size, index) => ({
    size,
    bootable: index === 0,
    storage_type: 'volume' as const,
  })),
  addresses: form.publicAddress ? [{ external: true, version: 4 as const, ddos_protection: false }] : [],
  keypairs: [...form.keyIds],
  ...(form.userData.trim() === '' ? {} : { user_data: form.userData }),
})

export type OrderField = 'image' | 'vcpus' | 'ram' | 'system' | `volume${number}` | 'userData' | 'name'
/** What is wrong with a field: a code, so that each language says it in its own words, with what it needs. */
export type OrderMistake =
  | { code: 'imageMissing' }
  | { code: 'range'; min: number; max: number }
  | { code: 'belowImage'; min: number }
  | { code: 'nameEmpty' }
  | { code: 'nameLong'; max: number }
  | { code: 'nameShape'; suggestion: string }
  | { code: 'userDataLong'; max: number }

const namePattern = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/
const nameLimit = 63

/** GiB of memory that go with a number of vCPUs. */
export interface MemoryRange {
  min: number
  max: number
}

/** As the service lists it: for a number of vCPUs (`target`) the least and the most memory (`dependent`). */
export interface SizeRule {
  min_target_value: number
  max_target_value: number
  dependencies: { min_dependent: number; value: number }[]
}

/** What memory goes with `vcpus`; undefined for a number that the service does not list. */
export function memoryRange(rules: readonly SizeRule[], vcpus: number): MemoryRange | undefined {
  const rule = rules.find((one) => one.min_target_value <= vcpus && vcpus <= one.max_target_value)
  if (!rule || rule.dependencies.length === 0) return undefined
  return {
    min: Math.min(...rule.dependencies.map((one) => one.min_dependent)),
    max: Math.max(...rule.dependencies.map((one) => one.value)),
  }
}

/** The memory nearest to `ram` (GiB) that goes with `vcpus`, for when the number of vCPUs is chosen anew. */
export function memoryWith(rules: readonly SizeRule[], vcpus: number, ram: number): number {
  const range = memoryRange(rules, vcpus)
  if (!range) return ram
  return Number.isNaN(ram) ? range.min : Math.min(range.max, Math.max(range.min, ram))
}

/** Does every size hold a number? One that is being typed may not, and is then not kept as a draft: a draft has numbers alone. */
export const isFilled = ({ vcpus, ram, system, volumes }: OrderForm): boolean =>
  [vcpus, ram, system, ...volumes].every((size) => !Number.isNaN(size))

/** What a person must mend before the service would take the order; the service checks the same and more. */
export function mistakesIn(
  form: OrderForm,
  image: { min_disk: number; min_ram: number } | undefined,
  memory?: MemoryRange,
): Partial<Record<OrderField, OrderMistake>> {
  const found: Partial<Record<OrderField, OrderMistake>> = {}
  const within = (field: OrderField, value: number, min: number, max: number) => {
    if (!Number.isInteger(value) || value < min || value > max) found[field] = { code: 'range', min, max }
  }
  if (form.imageId === '' || !image) found.image = { code: 'imageMissing' }
  within('vcpus', form.vcpus, 1, serverLimits.vcpus)
  within('ram', form.ram, memory?.min ?? 1, memory?.max ?? serverLimits.ramGib)
  within('system', form.system, 1, serverLimits.storageGib)
  for (const [index, size] of form.volumes.entries()) within(`volume${index}`, size, 1, serverLimits.storageGib)
  if (image && !found.system && form.system < image.min_disk) found.system = { code: 'belowImage', min: image.min_disk }
  if (image && !found.ram && form.ram < image.min_ram) found.ram = { code: 'belowImage', min: image.min_ram }
  if (new TextEncoder().encode(form.userData).length > serverLimits.userDataBytes)
    found.userData = { code: 'userDataLong', max: serverLimits.userDataBytes }
  const mistake = mistakeInName(form.name)
  if (mistake) found.name = mistake
  return found
}

export function mistakeInName(name: string): OrderMistake | undefined {
  const written = name.trim()
  if (written === '') return { code: 'nameEmpty' }
  if (written.length > nameLimit) return { code: 'nameLong', max: nameLimit }
  return namePattern.test(written) ? undefined : { code: 'nameShape', suggestion: suggestName(written) }
}

/** The nearest name that a server can have: "web 03" → "web-03". */
export function suggestName(name: string): string {
  const near = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .slice(0, nameLimit)
    .replace(/^[.-]+|[.-]+$/g, '')
  return near === '' ? 'server-01' : near
}

/** The first of server-01, server-02 … that no server has. */
export function nextName(taken: Iterable<string>): string {
  const names = new Set(taken)
  for (let number = 1; ; number++) {
    const name = `server-${String(number).padStart(2, '0')}`
    if (!names.has(name)) return name
  }
}

/** Which field of the form a problem of the service speaks of: `storages.0.size` is the system volume. */
export function fieldOf(path: string): OrderField | undefined {
  const [first, second, third] = path
    .replace(/^body\./, '')
    .split(/[./]/)
    .filter(Boolean)
  if (first === 'flavor') return second === 'vcpus' ? 'vcpus' : second === 'ram' ? 'ram' : undefined
  if (first === 'storages')
    return second === '0' || second === undefined
      ? 'system'
      : third === 'size' || third === undefined
        ? `volume${Number(second) - 1}`
        : undefined
  if (first === 'image') return 'image'
  if (first === 'name') return 'name'
  if (first === 'user_data') return 'userData'
  return undefined
}

/** Offered sizes; any other one is Custom. Memory in GiB. */
export const presets = [
  { name: 'S1', vcpus: 1, ram: 2 },
  { name: 'S2', vcpus: 2, ram: 4 },
  { name: 'S4', vcpus: 4, ram: 8 },
  { name: 'S8', vcpus: 8, ram: 16 },
  { name: 'S8m', vcpus: 8, ram: 32 },
  { name: 'S16m', vcpus: 16, ram: 64 },
] as const
export type PresetName = (typeof presets)[number]['name']

export const presetOf = ({ vcpus, ram }: { vcpus: number; ram: number }) =>
  presets.find((preset) => preset.vcpus === vcpus && preset.ram === ram)
