import type { Item, Statistic } from './entities.ts'
import type { Engine } from './engine.ts'
import { charge, endPromise, paymentStatus, spendable, toPanelStep } from './purse.ts'
import { PanelRefusal, refuse } from './refusal.ts'
import { type World, dayAfter, startOf } from './world.ts'

/**
 * What the panel does once a day: prices yesterday's statistics and daily tariffs, tells of low money, invoices what is paid afterwards,
 * blocks overdue credit, ends promises, deletes what was suspended long ago.
 * https://www.ispsystem.com/docs/b6sa/finances/payment-procedure/payment-procedure-description
 */
export class Daily {
  readonly #world: World
  readonly #engine: Engine

  constructor(world: World, engine: Engine) {
    this.#world = world
    this.#engine = engine
  }

  /** Plans the next day's work, from the day after the last one that was done. */
  plan(): void {
    const { store } = this.#world
    const kept = store.get('setting', 'lastDay')
    const lastDay = kept ? String(kept.value) : this.#world.today()
    if (!kept) store.put('setting', { id: 'lastDay', value: lastDay })
    const next = dayAfter(lastDay)
    this.#world.plan(this.#world.days, startOf(next), 'days', next, () => {
      this.#work(next)
      store.put('setting', { id: 'lastDay', value: next })
      this.plan()
    })
  }

  #work(today: string): void {
    const yesterday = dayAfter(today, -1)
    this.#endPromises(today)
    for (const item of this.#world.store.all('item')) {
      if (item.scheduledClose && item.expiresOn !== '' && item.expiresOn <= today && /^[23]/.test(item.status))
        this.#engine.startUnlessBusy(item, 'close')
      else if (item.status.startsWith('2')) this.#billDay(item, yesterday)
      else if (item.status === '3_autosuspend') this.#afterSuspension(item, today)
    }
    if (today.endsWith('-01')) this.#invoice(today)
    this.#blockOverdueCredit(today)
    this.#tellLowMoney()
  }

  #billDay(item: Item, day: string): void {
    try {
      this.statDaily(item, day)
      this.billDaily(item)
    } catch (refusal) {
      if (!(refusal instanceof PanelRefusal)) throw refusal
      const isOverMaximum = refusal.type === 'stat_addon_over_limit'
      // Usage that cannot be paid is not charged, and by itself stops nothing; it waits for money.
      if (isOverMaximum || this.#world.switches.usageShortage === 'suspend') this.autosuspend(item)
    }
  }

  /** `service.statdaily`: checks the day's statistics against the tariff's maximum. @throws PanelRefusal `stat_addon_over_limit` */
  statDaily(item: Item, day: string): void {
    for (const price of this.#world.tariff(item.tariffId)?.statistics ?? []) {
      const used = this.#sum(this.#open(item.id).filter((row) => row.day === day && row.param === price.param))
      if (price.maximum !== undefined && used > price.maximum) throw refuse('stat_addon_over_limit')
    }
  }

  /** `service.billdaily`: charges all days that are not charged yet. @throws PanelRefusal `not_enough_money`, having charged nothing */
  billDaily(item: Item): void {
    const { store } = this.#world
    const tariff = this.#world.tariff(item.tariffId)
    if (!tariff) return
    const rows = this.#open(item.id).filter((row) => row.day < this.#world.today())
    let amount = 0n
    for (const day of new Set(rows.map((row) => row.day)))
      for (const { param, price, included } of tariff.statistics) {
        const used = this.#sum(rows.filter((row) => row.day === day && row.param === param))
        if (used > included) amount += ((used - included) * price) / 1_000_000n
      }
    const days = tariff.period === '-50' ? daysFrom(item.billedUntil || this.#world.today(), this.#world.today()) : 0
    amount = toPanelStep(amount + tariff.cost * BigInt(days))
    const postpaid = this.#world.purse(item.accountId).postpaid
    if (amount > 0n)
      charge(this.#world, {
        accountId: item.accountId,
        itemId: item.id,
        operation: 'daily',
        name: item.name,
        amount,
        taxRate: 2000,
        postpaid,
        realDay: dayAfter(this.#world.today(), -1),
      })
    for (const row of rows) store.put('statistic', { ...row, billed: true })
    store.put('item', { ...(store.get('item', item.id) ?? item), billedUntil: this.#world.today() })
  }

  /** `service.autosuspend`: for want of money, or over a hard maximum. */
  autosuspend(item: Item): void {
    if (item.status.startsWith('2')) this.#engine.startUnlessBusy(item, 'suspend', { reason: 'autosuspend' })
  }

  /** Money has come: what was stopped for want of it starts again. */
  resumeAfterPayment(accountId: string): void {
    const purse = this.#world.purse(accountId)
    if (!purse.postpaid && spendable(purse) <= 0n) return
    for (const item of this.#world.store.all('item'))
      if (item.accountId === accountId && item.status === '3_autosuspend') this.#engine.startUnlessBusy(item, 'resume')
  }

  /** What may be priced: of announced days, and not charged yet. */
  #open = (itemId: string): Statistic[] =>
    this.#world.store.all('statistic').filter((row) => row.itemId === itemId && row.announced && !row.billed)
  #sum = (rows: Statistic[]): bigint => rows.reduce((sum, { value }) => sum + value, 0n)

  /** Automatic suspensions only: what staff suspended is spared. https://docs.ispsystem.com/billmanager/service-activation/service-management/service-deletion-policy */
  #afterSuspension(item: Item, today: string): void {
    const { deleteAfterDays } = this.#world.switches
    if (
      deleteAfterDays > 0 &&
      item.suspendedAt !== undefined &&
      dayAfter(item.suspendedAt.slice(0, 10), deleteAfterDays) <= today
    )
      this.#engine.startUnlessBusy(item, 'close')
  }

  #endPromises(today: string): void {
    for (const payment of this.#world.store.all('payment'))
      if (
        payment.status === paymentStatus.pledged &&
        payment.promisedUntil !== undefined &&
        payment.promisedUntil.slice(0, 10) <= today
      )
        endPromise(this.#world, payment, paymentStatus.new)
  }

  /** On the first day of a month, for the month that ended. What is paid afterwards is due on the 15th; the rest is an act of what was paid. */
  #invoice(today: string): void {
    const { store, catalogue } = this.#world
    const toDay = dayAfter(today, -1)
    const fromDay = `${toDay.slice(0, 7)}-01`
    for (const account of store.all('account')) {
      const expenses = store
        .all('expense')
        .filter((one) => one.accountId === account.id && one.realDay >= fromDay && one.realDay <= toDay)
      if (expenses.length === 0) continue
      const id = store.nextId('invoice')
      store.put('invoice', {
        id,
        number: `A/${id}`,
        accountId: account.id,
        amount: expenses.reduce((sum, { amount }) => sum + amount, 0n),
        currency: catalogue.currency.code,
        createdOn: today,
        fromDay,
        toDay,
        dueOn: `${today.slice(0, 7)}-15`,
        paid: expenses.every(({ unpaid }) => unpaid === 0n),
      })
    }
  }

  /** A credit limit is blocked while an invoice is overdue; post-paid never is. https://www.ispsystem.com/docs/billmanager-kb/how-to-guides/how-to-set-up-postpaid-in-billmanager */
  #blockOverdueCredit(today: string): void {
    const { store } = this.#world
    for (const purse of store.all('subaccount')) {
      if (purse.creditLimit === 0n || purse.postpaid || purse.creditBlocked) continue
      const isOverdue = store.find('invoice', (one) => one.accountId === purse.accountId && !one.paid && one.dueOn < today)
      if (isOverdue) store.put('subaccount', { ...purse, creditBlocked: true })
    }
  }

  #tellLowMoney(): void {
    const { store, catalogue } = this.#world
    const now = this.#world.now()
    const dayAgo = new Date(now.getTime() - 86_400_000).toISOString()
    for (const purse of store.all('subaccount')) {
      if (purse.postpaid) continue
      const perDay = store
        .all('expense')
        .filter((one) => one.accountId === purse.accountId && one.createdAt > dayAgo)
        .reduce((sum, { amount }) => sum + amount, 0n)
      if (perDay === 0n) continue
      const left = spendable(purse) > 0n ? Number(spendable(purse) / perDay) : 0
      if (!catalogue.lowMoneyDays.includes(left)) continue
      store.put('notice', {
        id: store.nextId('notice'),
        accountId: purse.accountId,
        code: 'low_money',
        at: now.toISOString(),
        facts: { days: String(left), balance: this.#world.exact(purse.balance) },
      })
    }
  }
}

const daysFrom = (from: string, to: string): number =>
  Math.max(0, Math.round((startOf(to).getTime() - startOf(from).getTime()) / 86_400_000))
