import { createHash } from 'node:crypto'
import { type Clock, formatMicros, seededRandom } from '@straylight/kit'
import { EntityLog, Timeline } from '@straylight/kit/simulator'
import { type Catalogue, catalogueIn, type Tariff } from './catalogue.ts'
import type { Account, Item, Subaccount } from './entities.ts'
import { Store } from './store.ts'
import { defaultSwitches, readSwitches, type Switches } from './switches.ts'

export interface WorldOptions {
  clock: Clock
  dataFile?: string
  seed?: number
  currency?: string
  pace?: 'auto' | 'manual'
}

/** A simulated panel without its protocol: what it holds, its time, its plans, its switches. */
export class World {
  readonly clock: Clock
  readonly store: Store
  readonly catalogue: Catalogue
  /** The panel's queue of operations. */
  readonly operations: Timeline
  /** What the panel does every day, whatever the pace of operations. */
  readonly days: Timeline
  #switches: Switches = defaultSwitches()
  #random: () => number
  readonly #seed: number
  /** While something planned happens late: the moment it was planned for. */
  #at: Date | undefined

  constructor({ clock, dataFile, seed = 1, currency = 'EUR', pace = 'auto' }: WorldOptions) {
    this.clock = clock
    this.catalogue = catalogueIn(currency)
    this.#seed = seed
    this.#random = seededRandom(seed)
    this.days = new Timeline(clock, 'auto')
    this.operations = pace === 'auto' ? this.days : new Timeline(clock, 'manual')
    this.store = new Store(new EntityLog(dataFile), () => clock.now().getTime())
  }

  now(): Date {
    return this.#at ?? this.clock.now()
  }

  today(): string {
    return dayOf(this.now())
  }

  get switches(): Readonly<Switches> {
    return this.#switches
  }

  /** @throws Error that says which switch is wrong */
  setSwitches(changes: Partial<Switches>): void {
    this.#switches = { ...this.#switches, ...readSwitches(changes) }
    this.#applySwitches()
    this.store.put('setting', { id: 'switches', value: this.#switches })
  }

  resetSwitches(): void {
    this.#switches = defaultSwitches()
    this.#applySwitches()
  }

  /** Takes up the switches of an earlier process. */
  recallSwitches(): void {
    const kept = this.store.get('setting', 'switches')
    if (kept) this.#switches = { ...defaultSwitches(), ...(kept.value as Partial<Switches>) }
    this.#applySwitches()
  }

  #applySwitches(): void {
    this.store.visibilityDelayMs = this.#switches.visibilityDelayMs
  }

  /** Plans what happens at a moment. A plan checks for itself whether it is still wanted: what it was for may be gone. */
  plan(timeline: Timeline, at: Date, subject: string, name: string, happen: () => void): void {
    timeline.after(at.getTime() - this.clock.now().getTime(), subject, name, () => {
      const outer = this.#at
      this.#at = at.getTime() < this.clock.now().getTime() ? at : undefined
      try {
        this.store.transaction(happen)
      } finally {
        this.#at = outer
      }
      this.store.flush()
    })
  }

  settle(): void {
    this.days.settle()
  }

  /** A random word of so many hexadecimal digits; the same seed gives the same words. */
  token(digits: number): string {
    let text = ''
    while (text.length < digits) text += Math.floor(this.#random() * 16).toString(16)
    return text
  }

  reseed(): void {
    this.#random = seededRandom(this.#seed)
  }

  /** A sum as lists show it: whole cents, rounded half away from zero, in the format of the switch. */
  money(micros: bigint, currency: string = this.catalogue.currency.code): string {
    const size = micros < 0n ? -micros : micros
    const cents = (size + 5_000n) / 10_000n
    const text = `${micros < 0n && cents > 0n ? '-' : ''}${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`
    switch (this.#switches.moneyFormat) {
      case '12,30 €':
        return `${text.replace('.', ',')} ${this.catalogue.currency.symbol}`
      case '12.30':
        return text
      default:
        return `${text} ${currency}`
    }
  }

  /** A sum in a form: exact, at least two decimals. */
  exact(micros: bigint): string {
    return formatMicros(micros)
  }

  purse(accountId: string): Subaccount {
    const purse = this.store.find('subaccount', (one) => one.accountId === accountId)
    if (!purse) throw new Error(`account ${accountId} has no purse`)
    return purse
  }

  tariff(id: string): Tariff | undefined {
    return this.catalogue.tariffs.find((tariff) => tariff.id === id)
  }

  account(item: Item): Account | undefined {
    return this.store.get('account', item.accountId)
  }
}

export const dayOf = (at: Date): string => at.toISOString().slice(0, 10)
export const startOf = (day: string): Date => new Date(`${day}T00:00:00Z`)
export const dayAfter = (day: string, days = 1): string => dayOf(new Date(startOf(day).getTime() + days * 86_400_000))
/** A moment as the panel shows it. */
export const shownMoment = (iso: string): string => iso.slice(0, 16).replace('T', ' ')
export const hashOf = (password: string): string => createHash('sha256').update(`billmgr:${password}`).digest('hex')
