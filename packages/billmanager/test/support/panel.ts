import { AdjustableClock } from '@straylight/kit'
import { afterAll } from 'vitest'
import {
  type BillmanagerSimulator,
  type BillmanagerSimulatorOptions,
  startBillmanagerSimulator,
} from '../../src/simulator/index.ts'

export const start = new Date('2024-06-04T10:00:00Z')

/** What a test reads from a document: anything may be missing, so that a wrong belief fails in the assertion. */
export type Json = { [name: string]: Json } & { $?: string }

/** A simulated panel on a clock that stands still, and the plain words to speak to it. Closed when the file is done. */
export async function openPanel(options: Partial<BillmanagerSimulatorOptions> & { at?: Date } = {}) {
  const clock = new AdjustableClock('still', options.at ?? start)
  const simulator = await startBillmanagerSimulator({ clock, ...options })
  afterAll(() => simulator.close())
  return { clock, simulator, ...speaker(simulator) }
}

export function speaker(simulator: Pick<BillmanagerSimulator, 'url' | 'credentials' | 'rootCredentials'>) {
  const post = (params: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(simulator.url, { method: 'POST', headers, body: new URLSearchParams(params), redirect: 'manual' })

  /** The document of an answer without any proof of who asks. */
  async function askPlain(
    func: string,
    params: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Json> {
    const response = await post({ func, out: 'json', lang: 'en', ...params }, headers)
    return ((await response.json()) as { doc: Json }).doc
  }
  const by =
    ({ username, password }: { username: string; password: string }) =>
    (func: string, params: Record<string, string> = {}): Promise<Json> =>
      askPlain(func, { authinfo: `${username}:${password}`, ...params })

  /** As staff, and as root on the panel's host. */
  const ask = by(simulator.credentials)
  const askAsRoot = by(simulator.rootCredentials)

  /** A client with a payer: their ids. */
  async function makeClient(email = 'ann@x.test', password = 'password-1') {
    const form = {
      email,
      realname: 'Ann',
      country: '182',
      passwd: password,
      confirm: password,
      project: '1',
      notify: 'off',
      employee: 'null',
    }
    const accountId = (await ask('account.edit', { ...form, sok: 'ok' })).id?.$ ?? ''
    const payer = await ask('profile.add', { country: '182', profiletype: '1', name: 'Ann', person: 'Ann', sok: 'ok', su: email })
    const subaccountId = (await ask('subaccount', { plid: accountId })).elem?.id?.$ ?? ''
    return { accountId, subaccountId, payerId: payer.id?.$ ?? '', login: email, password }
  }

  async function topUp(client: { login: string; payerId: string }, amount: string): Promise<string> {
    const paying = { paymethod: '5', amount, payment_currency: '153', profile: client.payerId, sok: 'ok', su: client.login }
    const id = (await ask('payment.add.method', paying)).payment_id?.$ ?? ''
    await ask('payment.setpaid', { elid: id, externalid: `gw-${id}` })
    return id
  }

  async function openService(client: { login: string }, remoteid: string, tariff = '3'): Promise<string> {
    const order = {
      pricelist: tariff,
      datacenter: '1',
      order_period: tariff === '5' ? '1' : '-50',
      remoteid,
      skipbasket: 'on',
      sok: 'ok',
      su: client.login,
    }
    return (await ask('v2.cloud.order.param', order)).id?.$ ?? ''
  }

  return { post, askPlain, ask, askAsRoot, makeClient, topUp, openService }
}
