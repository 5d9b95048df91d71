import { type Balance, type Charge, type LedgerEntry, type ResponseOf, routes } from '@straylight/api'
import { type ComputedRef, computed } from 'vue'
import { call } from '../../app/api.ts'
import { setServerTime, useNow } from '../../lib/now.ts'
import { readWhole } from '../../app/whole.ts'
import { keys } from '../../app/keys.ts'
import { type Runway, balanceAfter, runwayOf } from '../../app/money.ts'
import { type Reading, useReading } from '../../app/read.ts'
import { type Writing, useWriting } from '../../app/write.ts'

/** The balance that the service computed, with the moment at which it arrived here. */
interface ReadBalance extends Balance {
  receivedAtMs: number
}

const readBalance = async (signal: AbortSignal): Promise<ReadBalance> => {
  const { data } = await call(routes.billingBalance, { signal })
  const receivedAtMs = Date.now()
  setServerTime(data.result.at, receivedAtMs)
  return { ...data.result, receivedAtMs }
}

/** The balance as it is asked from the service. Changes arrive by push; once a minute it is asked anyway. */
export const useBalance = (): Reading<ReadBalance> => useReading(keys.balance, readBalance, { everyMs: 60_000 })

export interface LiveBalance extends Balance {
  runway: Runway
}

/** The balance at this second: between two answers it runs along the straight line that the service drew. */
export function useLiveBalance(): { reading: Reading<ReadBalance>; live: ComputedRef<LiveBalance | undefined> } {
  const reading = useBalance()
  const now = useNow()
  const live = computed(() => {
    const balance = reading.data.value
    if (!balance) return undefined
    void now.value
    const elapsedMs = Date.now() - balance.receivedAtMs
    return { ...balance, ...balanceAfter(balance, elapsedMs), runway: runwayOf(balance, elapsedMs) }
  })
  return { reading, live }
}

export const useEntries = (): Reading<LedgerEntry[]> =>
  useReading(keys.entries, (signal) => readWhole((query) => call(routes.billingEntries, { query, signal })))

/** Charges of the days from `from` to `to` (UTC dates, both included), to this second. */
export const useCharges = (period: () => { from: string; to: string }): Reading<Charge[]> =>
  useReading(
    () => keys.charges(period().from, period().to),
    (signal) => {
      // The days of the key: while pages are read the person may choose others.
      const days = period()
      return readWhole((query) => call(routes.billingCharges, { query: { ...query, ...days }, signal }))
    },
    { keepPrevious: true, everyMs: 60_000 },
  )

export type BalanceDay = ResponseOf<typeof routes.billingHistory>['result'][number]
export const useBalanceHistory = (days: number): Reading<BalanceDay[]> =>
  useReading(keys.history(days), async (signal) => (await call(routes.billingHistory, { query: { days }, signal })).data.result)

export type PriceLine = ResponseOf<typeof routes.pricesList>['result'][number]
export const usePrices = (): Reading<PriceLine[]> =>
  useReading(keys.prices, async (signal) => (await call(routes.pricesList, { signal })).data.result, { staleMs: 3_600_000 })

export const useTopUp = (): Writing<{ amount: string }, { id: string }> =>
  useWriting(
    async ({ amount }, idempotencyKey) =>
      (await call(routes.billingTopUp, { body: { amount, method: 'demo' }, idempotencyKey })).data.result,
    () => [keys.money],
    { form: 'top-up' },
  )
