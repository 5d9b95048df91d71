import type { Context } from './context.ts'
import type { Customer } from './customers.ts'
import { BillmanagerError } from './protocol/errors.ts'
import { filterBy } from './protocol/list.ts'

export interface Check {
  name: 'error channel' | 'sok trap' | 'acting as a client' | 'filters' | 'clock'
  ok: boolean
  /** What was seen, for operators. */
  detail: string
}

export function healthOf(context: Context, timeAtPanel: () => Date | undefined) {
  const { panel, clock } = context

  /** Whether the panel answers us, as whom, and in how many milliseconds. Never throws for a failure of the world. */
  async function ping(): Promise<{ ok: true; user: string; ms: number } | { ok: false; error: BillmanagerError; ms: number }> {
    const started = performance.now()
    try {
      const who = await panel.call('whoami')
      const [user] = who.rows('user')
      return { ok: true, user: user?.attribute('email') || user?.attribute('id') || '', ms: performance.now() - started }
    } catch (error) {
      if (error instanceof BillmanagerError) return { ok: false, error, ms: performance.now() - started }
      throw error
    }
  }

  /**
   * Asks the panel whether it behaves as this client believes. It changes nothing there.
   * @param customer whose name to act in; without one that check is left out
   */
  async function selfTest(customer?: Customer): Promise<Check[]> {
    const checks: Check[] = [await check('error channel', errorChannel), await check('sok trap', sokTrap)]
    if (customer) checks.push(await check('acting as a client', () => actingAs(customer)))
    checks.push(await check('filters', filters), await check('clock', clockSkew))
    return checks
  }

  async function check(name: Check['name'], run: () => Promise<{ ok: boolean; detail: string }>): Promise<Check> {
    try {
      return { name, ...(await run()) }
    } catch (error) {
      if (error instanceof BillmanagerError) return { name, ok: false, detail: error.message }
      throw error
    }
  }

  /** A function that no panel has must be refused by type, not by text. */
  async function errorChannel(): Promise<{ ok: boolean; detail: string }> {
    try {
      await panel.call('straylight.no_such_function')
      return { ok: false, detail: 'a function that does not exist was answered without an error' }
    } catch (error) {
      if (error instanceof BillmanagerError && error.reason === 'not_found')
        return { ok: true, detail: `refused as ${error.type}/${error.object}` }
      throw error
    }
  }

  /** A form without `sok=ok` must answer the form, so that a client that forgets it can notice. */
  async function sokTrap(): Promise<{ ok: boolean; detail: string }> {
    const elid = (await panel.call('whoami')).rows('user')[0]?.attribute('id')
    const timezone = (await panel.call('usrparam', { elid })).raw('timezone')
    // Sends our own setting as it is, so that nothing would change even if it were applied.
    const form = await panel.call('usrparam', { elid, timezone })
    return form.has('ok')
      ? { ok: false, detail: 'a form that was not sent says OK: only reading back tells whether a write was done' }
      : { ok: true, detail: 'a form without sok=ok answers the form' }
  }

  /** `su` must hold for its call alone. */
  async function actingAs(customer: Customer): Promise<{ ok: boolean; detail: string }> {
    const idOf = async (su?: string): Promise<string> =>
      (await panel.call('whoami', {}, { su })).rows('user')[0]?.attribute('id') ?? ''
    const [before, acting, after] = [await idOf(), await idOf(customer.login), await idOf()]
    if (acting !== customer.userId)
      return { ok: false, detail: `su=${customer.login} acts as user ${acting}, not ${customer.userId}` }
    return before === after
      ? { ok: true, detail: `su=${customer.login} holds for one call` }
      : { ok: false, detail: `after a call with su we are user ${after}, not ${before}` }
  }

  /** An inline filter must narrow its own call and no other. */
  async function filters(): Promise<{ ok: boolean; detail: string }> {
    const total = async (filtered: boolean): Promise<number> => {
      const doc = await panel.call('payment', { ...(filtered ? filterBy({ id: '999999999999' }) : {}), p_cnt: '1' })
      return doc.total ?? doc.elements.length
    }
    const [before, narrowed, after] = [await total(false), await total(true), await total(false)]
    if (narrowed !== 0) return { ok: false, detail: `a filter that fits nothing left ${narrowed} rows` }
    return after >= before
      ? { ok: true, detail: 'a filter holds for one call' }
      : { ok: false, detail: `a filter stayed: ${before} rows became ${after}` }
  }

  async function clockSkew(): Promise<{ ok: boolean; detail: string }> {
    await panel.call('whoami')
    const there = timeAtPanel()
    if (!there) return { ok: true, detail: 'the panel does not tell its time' }
    const seconds = Math.round((there.getTime() - clock.now().getTime()) / 1000)
    return { ok: Math.abs(seconds) <= 60, detail: `the panel's clock is ${seconds} s from ours` }
  }

  return { ping, selfTest }
}
