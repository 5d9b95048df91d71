import { type Image, routes, type Volume } from '@straylight/api'
import { expect, test } from 'vitest'
import {
  copyOf,
  draftName,
  emptyOrder,
  fieldOf,
  isFilled,
  isOrderForm,
  memoryRange,
  memoryWith,
  mistakesIn,
  nextName,
  type OrderForm,
  presetOf,
  suggestName,
  toOrder,
} from './order.ts'

const image = { min_disk: 5, min_ram: 1 }
const form: OrderForm = {
  ...emptyOrder,
  imageId: '01900000-0000-7000-8000-000000000001',
  name: 'web-03',
  system: 80,
  volumes: [200],
  keyIds: ['01900000-0000-7000-8000-000000000002'],
}

test('what the form sends is what the contract takes', () => {
  expect(mistakesIn(form, image)).toEqual({})
  expect(routes.serversCreate.body.parse(toOrder(form))).toEqual(toOrder(form))
  expect(toOrder(form).storages.map((storage) => storage.bootable)).toEqual([true, false])
})

test('a mistake is found at its field, with what is allowed', () => {
  expect(mistakesIn({ ...form, system: 4 }, image)).toEqual({ system: { code: 'belowImage', min: 5 } })
  expect(mistakesIn({ ...form, volumes: [10, 5000] }, image)).toEqual({ volume1: { code: 'range', min: 1, max: 4096 } })
  expect(mistakesIn({ ...form, name: 'web 03' }, image)).toEqual({ name: { code: 'nameShape', suggestion: 'web-03' } })
  expect(mistakesIn({ ...form, vcpus: Number.NaN }, undefined)).toEqual({
    image: { code: 'imageMissing' },
    vcpus: { code: 'range', min: 1, max: 64 },
  })
  expect(mistakesIn({ ...form, userData: 'я'.repeat(40_000) }, image)).toEqual({
    userData: { code: 'userDataLong', max: 65_535 },
  })
})

test('a suggested name is one that the contract takes', () => {
  for (const name of ['web 03', ' -web_03- ', 'Сервер', 'a'.repeat(80), '...', 'db—01', 'a..b', '-.-'])
    expect(routes.serversCreate.body.shape.name.safeParse(suggestName(name)).success, name).toBe(true)
})

test('a new server gets the first free number', () => {
  expect(nextName([])).toBe('server-01')
  expect(nextName(['server-01', 'web-01', 'server-03'])).toBe('server-02')
})

test('a problem of the service finds its field', () => {
  expect(['flavor.ram', 'storages.0.size', 'storages.2.size', 'body.name', 'addresses'].map(fieldOf)).toEqual([
    'ram',
    'system',
    'volume1',
    'name',
    undefined,
  ])
})

test('only a form of this version is taken from the storage', () => {
  expect(isOrderForm(JSON.parse(JSON.stringify(form)))).toBe(true)
  for (const bad of [null, {}, { ...form, volumes: ['80'] }, { ...form, ram: '4' }]) expect(isOrderForm(bad)).toBe(false)
})

test('memory goes with vCPUs as the service says', () => {
  const rules = [
    {
      min_target_value: 4,
      max_target_value: 4,
      dependencies: [
        { min_dependent: 2, value: 2 },
        { min_dependent: 2, value: 32 },
      ],
    },
  ]
  expect(memoryRange(rules, 4)).toEqual({ min: 2, max: 32 })
  expect(memoryRange(rules, 5)).toBeUndefined()
  expect(mistakesIn({ ...form, vcpus: 4, ram: 33 }, image, memoryRange(rules, 4))).toEqual({
    ram: { code: 'range', min: 2, max: 32 },
  })
})

test('vCPUs that are chosen anew take memory of their own range, not of the range before', () => {
  const rule = (vcpus: number, min: number, max: number) => ({
    min_target_value: vcpus,
    max_target_value: vcpus,
    dependencies: [{ min_dependent: min, value: max }],
  })
  const rules = [rule(1, 1, 8), rule(8, 8, 64)]
  expect(memoryWith(rules, 8, 4)).toBe(8)
  expect(memoryWith(rules, 1, 64)).toBe(8)
  expect(memoryWith(rules, 8, Number.NaN)).toBe(8)
  expect(memoryWith(rules, 3, 12)).toBe(12)
})

test('a size that was emptied is a mistake and no draft', () => {
  expect(mistakesIn({ ...form, ram: Number.NaN, volumes: [Number.NaN] }, image)).toMatchObject({
    ram: { code: 'range' },
    volume0: { code: 'range' },
  })
  expect(isFilled({ ...form, volumes: [Number.NaN] })).toBe(false)
  expect(isFilled(form)).toBe(true)
})

test('a form that a link began has a draft of its own, so that nothing typed elsewhere gets into it', () => {
  const begun = { person: 'ada', project: 'p1' }
  const names = [{}, { imageId: 'i1' }, { imageId: 'i2' }, { copyOf: 's1' }, { copyOf: 's2' }].map((link) =>
    draftName({ ...begun, ...link }),
  )
  expect(new Set(names).size).toBe(names.length)
  expect(draftName({ ...begun, imageId: undefined, copyOf: undefined })).toBe(names[0])
})

test('a copy has the sizes, the disks and the image of its server', () => {
  const system = { distribution: 'debian', os_family: 'linux', version: '13' }
  const volume = (size: number, server: string, undetachable = false) =>
    ({ size, undetachable, attached_to_server: { id: server, device: 'vda' } }) as Volume
  const server = { id: 's1', flavor: { vcpus: 8, ram: 32, cpu_type: 'shared' }, addresses: [] }
  const images = [
    { id: 'i1', operation_system: { ...system, version: '12' } },
    { id: 'i2', operation_system: system },
  ] as Image[]
  const volumes = [volume(200, 's1'), volume(80, 's1', true), volume(999, 's2', true), volume(300, 's1')]
  const image = { min_disk: 5, min_ram: 1, operation_system: system }
  expect(copyOf({ ...server, image }, { images, volumes })).toEqual({
    vcpus: 8,
    ram: 32,
    publicAddress: false,
    system: 80,
    volumes: [200, 300],
    imageId: 'i2',
  })
  // Never built, and of an image that is not offered any more.
  expect(copyOf(server, { images, volumes: [] })).toEqual({ vcpus: 8, ram: 32, publicAddress: false, volumes: [] })
})

test('a size that is offered has a name', () => {
  expect(presetOf({ vcpus: 4, ram: 8 })?.name).toBe('S4')
  expect(presetOf({ vcpus: 3, ram: 8 })).toBeUndefined()
})
