import { assert, newId } from '@straylight/kit'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Db } from '../../src/foundation/db.ts'
import { balanceOf, captureHold, placeHold, releaseHold, topUp } from '../../src/ledger/index.ts'
import { chargeDue, chargesOf, closeMeters, openMeters, publishPrices, seedPriceList } from '../../src/metering/index.ts'
import { type Customer, newCustomer, openShop } from './shop.ts'

/*
 * A random life of a customer's resources, lived twice: on the platform, and in a model that knows nothing but who used what from when to when
 * at which price. Whatever the platform says about money is compared with the model, to the micro-unit.
 */

const skus = seedPriceList.map((price) => price.sku)

export type Happening = { wait: number } & (
  | { what: 'open'; resource: number; sku: number; quantity: number; late: number }
  | { what: 'close'; resource: number; sku: number | undefined; late: number }
  | { what: 'price'; sku: number; unitHourMicros: bigint }
  | { what: 'top_up'; micros: bigint }
  | { what: 'hold'; micros: bigint; end: 'captured' | 'released' | 'left' }
  | { what: 'charge' }
  | { what: 'look' }
)

/** Seconds until it happens: at once, within an hour, exactly at a full hour (negative), or days later. */
const wait = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 4000 }) },
  { weight: 2, arbitrary: fc.constantFrom(-1, -2, -24) },
  { weight: 1, arbitrary: fc.integer({ min: 80_000, max: 1_200_000 }) },
)
const late = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 5000 }) })
const resource = fc.integer({ min: 0, max: 3 })
const sku = fc.integer({ min: 0, max: skus.length - 1 })
const happens = <T extends object>(weight: number, what: T) => ({
  weight,
  arbitrary: fc.record({ wait, ...what } as never) as fc.Arbitrary<Happening>,
})

export const life: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    happens(6, { what: fc.constant('open'), resource, sku, quantity: fc.integer({ min: 1, max: 4096 }), late }),
    happens(4, { what: fc.constant('close'), resource, sku: fc.option(sku, { nil: undefined }), late }),
    happens(1, { what: fc.constant('price'), sku, unitHourMicros: fc.oneof(fc.bigInt(0n, 100n), fc.bigInt(0n, 2_000_000n)) }),
    happens(1, { what: fc.constant('top_up'), micros: fc.bigInt(10_000n, 1_000_000_000n) }),
    happens(1, {
      what: fc.constant('hold'),
      micros: fc.bigInt(0n, 1_000_000n),
      end: fc.constantFrom('captured', 'released', 'left'),
    }),
    happens(3, { what: fc.constant('charge') }),
    happens(3, { what: fc.constant('look') }),
  ),
  { minLength: 10, maxLength: 45 },
)

interface Segment {
  resource: number
  sku: string
  quantity: number
  price: bigint
  from: number
  to: number | undefined
}

export class Life {
  readonly #db: Db
  readonly #customer: Customer
  readonly #resources = Array.from({ length: 4 }, (_, index) => ({ type: 'server', id: newId(), name: `server-${index}` }))
  readonly #prices: { from: number; list: Map<string, bigint> }[]
  readonly #segments: Segment[] = []
  #second: number
  #paid = 0n
  #held: { micros: bigint; until: number }[] = []
  #settled = 0
  readonly #looks: number[] = []

  private constructor(db: Db, customer: Customer, start: Date) {
    this.#db = db
    this.#customer = customer
    this.#second = start.getTime() / 1000
    this.#prices = [{ from: this.#second, list: new Map(seedPriceList.map((price) => [price.sku, price.unitHourMicros])) }]
  }

  static async begin(db: Db, start: Date): Promise<Life> {
    await openShop(db, start)
    return new Life(db, await newCustomer(db, { at: start }), start)
  }

  get now(): Date {
    return new Date(this.#second * 1000)
  }

  async live(happening: Happening): Promise<void> {
    this.#second += happening.wait < 0 ? 3600 * -happening.wait - (this.#second % 3600) : happening.wait
    const { accountId, projectId } = this.#customer
    const transaction = this.#db.transaction()
    switch (happening.what) {
      case 'open': {
        const sku = skus[happening.sku] ?? ''
        if (
          this.#segments.some(
            (segment) => segment.resource === happening.resource && segment.sku === sku && segment.to === undefined,
          )
        )
          return
        const from = Math.max(this.#second - happening.late, this.#prices[0]?.from ?? 0)
        const at = new Date(from * 1000 + 999) // any moment of the second is the second
        const resource = this.#resources[happening.resource]
        assert(resource, 'a life has four resources')
        await transaction.execute((tx) =>
          openMeters(tx, { accountId, projectId, resource, lines: [{ sku, quantity: happening.quantity }], at }),
        )
        this.#use({ resource: happening.resource, sku, quantity: happening.quantity, from })
        return
      }
      case 'close': {
        const at = this.#second - happening.late
        const sku = happening.sku === undefined ? undefined : skus[happening.sku]
        const resourceId = this.#resources[happening.resource]?.id ?? ''
        await transaction.execute((tx) =>
          closeMeters(tx, { resourceId, ...(sku ? { skus: [sku] } : {}), at: new Date(at * 1000) }),
        )
        for (const segment of this.#segments)
          if (segment.to === undefined && segment.resource === happening.resource && (!sku || segment.sku === sku)) {
            segment.to = Math.max(at, segment.from)
            this.#settled = Math.max(this.#settled, segment.to)
          }
        return
      }
      case 'price': {
        const [newest] = this.#prices.slice(-1)
        if (!newest || newest.from >= this.#second || this.#settled > this.#second) return
        const sku = skus[happening.sku] ?? ''
        const { unit = '' } = seedPriceList.find((price) => price.sku === sku) ?? {}
        const prices = [{ sku, unit, unitHourMicros: happening.unitHourMicros, currency: 'EUR' }]
        await transaction.execute((tx) => publishPrices(tx, { at: this.now, prices }))
        this.#prices.push({ from: this.#second, list: new Map([...newest.list, [sku, happening.unitHourMicros]]) })
        for (const segment of this.#segments.filter(
          (item) => item.to === undefined && item.sku === sku && item.price !== happening.unitHourMicros,
        )) {
          segment.to = this.#second
          this.#settled = Math.max(this.#settled, segment.to)
          this.#segments.push({ ...segment, price: happening.unitHourMicros, from: this.#second, to: undefined })
        }
        return
      }
      case 'top_up':
        await transaction.execute((tx) =>
          topUp(tx, { accountId, amountMicros: happening.micros, method: 'demo', idempotencyKey: newId(), at: this.now }),
        )
        this.#paid += happening.micros
        return
      case 'hold': {
        if (this.#available() < happening.micros) return
        const until = this.#second + 7200
        await transaction.execute(async (tx) => {
          const subject = { type: 'server', id: newId() }
          const id = await placeHold(tx, {
            accountId,
            amountMicros: happening.micros,
            subject,
            at: this.now,
            expiresAt: new Date(until * 1000),
          })
          if (happening.end === 'captured') await captureHold(tx, id, this.now)
          if (happening.end === 'released') await releaseHold(tx, id, this.now)
        })
        if (happening.end === 'left') this.#held.push({ micros: happening.micros, until })
        return
      }
      case 'charge':
        await chargeDue(this.#db, { now: this.now })
        return
      case 'look':
        this.#looks.push(this.#second)
        await this.#look()
    }
  }

  /** Through every price from then on: what is heard of late had the price of its time. */
  #use({ from, ...use }: Pick<Segment, 'resource' | 'sku' | 'quantity' | 'from'>): void {
    const before = this.#prices.filter((version) => version.from <= from).length - 1
    let segment: Segment | undefined
    for (const version of this.#prices.slice(before)) {
      const price = version.list.get(use.sku) ?? 0n
      if (segment?.price === price) continue
      const begin = Math.max(from, version.from)
      if (segment) segment.to = begin
      segment = { ...use, price, from: begin, to: undefined }
      this.#segments.push(segment)
    }
  }

  /** The exact area under price × quantity of a segment until `second`, in 1/3600 of a micro-unit. */
  #area(segment: Segment, second: number): bigint {
    const seconds = Math.max(0, Math.min(segment.to ?? second, second) - segment.from)
    return segment.price * BigInt(segment.quantity) * BigInt(seconds)
  }

  /** Closed for good is charged whole; what runs up to `second`. */
  #spent(second: number): bigint {
    return this.#segments.reduce((sum, segment) => {
      const area = this.#area(segment, segment.to ?? second)
      return sum + (area - (area % 3600n)) / 3600n
    }, 0n)
  }

  #left = (second: number): bigint => this.#paid - this.#spent(second)
  #heldAt = (second: number): bigint => this.#held.reduce((sum, hold) => sum + (hold.until > second ? hold.micros : 0n), 0n)
  #available = (): bigint => this.#left(this.#second) - this.#heldAt(this.#second)

  async #look(): Promise<void> {
    const { accountId } = this.#customer
    const balance = await balanceOf(this.#db, accountId, this.now)
    const running = this.#segments.filter((segment) => segment.to === undefined)
    const burn = running.reduce((sum, segment) => sum + segment.price * BigInt(segment.quantity), 0n)
    const money = {
      left: balance.postedMicros - balance.accruedMicros,
      held: balance.heldMicros,
      available: balance.availableMicros,
      burn: balance.burnMicrosPerHour,
    }
    expect(money).toEqual({
      left: this.#left(this.#second),
      held: this.#heldAt(this.#second),
      available: this.#available(),
      burn,
    })
    const zero = balance.zeroAt ? balance.zeroAt.getTime() / 1000 : undefined
    if (zero === undefined) {
      const tenYears = this.#second + 3650 * 86_400
      expect(burn === 0n ? this.#left(this.#second) >= 0n : this.#left(tenYears) > 0n).toBe(true)
      return
    }
    // Second by second up to the forecast: none before it is without money.
    for (let second = Math.max(this.#second, zero - 40); second < zero; second++) expect(this.#left(second)).toBeGreaterThan(0n)
    expect(this.#left(zero)).toBeLessThanOrEqual(0n)
    if (zero > this.#second) {
      // The platform says the same once that moment has come, without anything having been posted since.
      const then = await balanceOf(this.#db, accountId, new Date(zero * 1000))
      const justBefore = await balanceOf(this.#db, accountId, new Date((zero - 1) * 1000))
      expect(then.postedMicros - then.accruedMicros).toBe(this.#left(zero))
      expect(justBefore.postedMicros - justBefore.accruedMicros).toBeGreaterThan(0n)
    }
  }

  /** Settles up: everything is posted, and all ways of telling the bill agree with the model. */
  async end(): Promise<void> {
    const { accountId } = this.#customer
    await chargeDue(this.#db, { now: this.now })
    await this.#look()
    const charges = await chargesOf(this.#db, { accountId, at: this.now })
    const spent = this.#spent(this.#second)
    expect(charges.reduce((sum, charge) => sum + charge.amountMicros, 0n)).toBe(spent)
    // No segment loses as much as one micro-unit to rounding.
    const area = this.#segments.reduce((sum, segment) => sum + this.#area(segment, segment.to ?? this.#second), 0n)
    expect(area - spent * 3600n).toBeLessThan(3600n * BigInt(Math.max(1, this.#segments.length)))
    for (const charge of charges) expect(charge.seconds, `seconds of ${charge.day}`).toBeGreaterThan(0)
    const seconds = this.#segments.reduce((sum, segment) => sum + Math.max(0, (segment.to ?? this.#second) - segment.from), 0)
    expect(charges.reduce((sum, charge) => sum + charge.seconds, 0)).toBe(seconds)
    for (const day of new Set(charges.map((charge) => charge.day))) {
      const begin = Date.parse(`${day}T00:00:00Z`) / 1000
      const overlap = (segment: Segment) =>
        Math.max(0, Math.min(segment.to ?? this.#second, begin + 86_400) - Math.max(segment.from, begin))
      const secondsOfDay = charges.filter((charge) => charge.day === day).reduce((sum, charge) => sum + charge.seconds, 0)
      expect(secondsOfDay).toBe(this.#segments.reduce((sum, segment) => sum + overlap(segment), 0))
    }
  }
}
