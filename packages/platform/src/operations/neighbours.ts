import { createBillmanager } from '@straylight/billmanager'
import { type Clock, compose, type Send, undiciSend } from '@straylight/kit'
import { connectTungsten } from '@straylight/tungsten'
import type { Database } from '../foundation/db.ts'
import type { Systems } from './systems.ts'

export interface NeighbourOptions {
  /** The config API of the SDN; asked with the cloud's token of our own account. */
  tungsten?: { url: string } | undefined
  billmanager?: { url: string; username: string; password: string } | undefined
}

/** One harmless question to a system that customers' requests do not reach by themselves. */
export type Question = () => Promise<unknown>

const patienceMs = 5_000

/** What is asked from time to time, so that an operator sees a neighbour fall silent before a customer notices. */
export function questionsTo(
  { tungsten, billmanager }: NeighbourOptions,
  {
    database,
    clock,
    systems,
    token,
    send,
  }: { database: Database; clock: Clock; systems: Systems; token(): Promise<string>; send?: Send },
): Question[] {
  const counted = compose(send ?? undiciSend({ defaultTimeoutMs: patienceMs }), systems.layer)
  const questions: Question[] = [() => systems.time('postgresql', () => database.pool.query('select 1'))]
  if (tungsten) {
    const { config } = connectTungsten({
      configUrl: tungsten.url,
      analyticsUrl: tungsten.url,
      token,
      send: counted,
      timeoutMs: patienceMs,
    })
    questions.push(() => config.count('project'))
  }
  if (billmanager) {
    const { url, ...login } = billmanager
    const panel = createBillmanager({
      url,
      credentials: { kind: 'authinfo', ...login },
      clock,
      send: counted,
      timeoutMs: patienceMs,
    })
    questions.push(() => panel.health.ping())
  }
  return questions
}

/** Asks all at once. What does not answer is counted where it was asked. */
export const askAll = (questions: Question[]) => Promise.allSettled(questions.map((ask) => ask()))
