import { type Context, writeFor } from './context.ts'
import type { Customer } from './customers.ts'
import type { Outcome } from './outcome.ts'
import type { Row } from './protocol/document.ts'
import { ignoreMissing } from './protocol/errors.ts'
import { collect, rowsOf } from './protocol/list.ts'

export const payerKinds = { person: '1', company: '2', sole_proprietor: '3' } as const
export type PayerKind = keyof typeof payerKinds

/** Who pays and in whose name documents are made. */
export interface Payer {
  id: string
  name: string
  kind: PayerKind | undefined
}

export interface PayerDetails {
  kind: PayerKind
  name: string
  /** The contact person; BILLmanager requires one. */
  person: string
  /** The panel's id of the country, for example `182`. */
  countryId: string
  /** The panel's own fields: `phone`, `email`, `inn`, `kpp`, `vatnum`, `address_legal`, `postcode_legal`, … */
  fields?: Record<string, string>
  /** When these details were sent last, for after a restart. */
  sentAt?: Date | undefined
}

export interface Payers {
  list(customer: Customer): Promise<Payer[]>
  /** Made once per name: the same details again find the payer that is there. */
  create(customer: Customer, details: PayerDetails): Promise<Outcome<Payer>>
  update(customer: Customer, id: string, changes: Record<string, string>): Promise<Outcome<Payer>>
  /** Refused when it has made payments. */
  remove(customer: Customer, id: string): Promise<Outcome<{ id: string }>>
}

export function payersOf(context: Context): Payers {
  const { panel } = context
  const list = ({ login }: Customer): Promise<Payer[]> => collect(rowsOf(panel, 'profile', {}, { su: login }), fromRow)

  return {
    list,

    create: (customer, { kind, name, person, countryId, fields, sentAt }) => {
      const find = async (): Promise<Payer | undefined> =>
        (await list(customer)).find((payer) => payer.name === name && payer.kind === kind)
      return writeFor(context, customer.accountId, {
        name: 'profile.add',
        key: `${kind}/${name}`,
        sentAt,
        find,
        act: () =>
          panel.call(
            'profile.add',
            { ...fields, country: countryId, profiletype: payerKinds[kind], name, person, sok: 'ok' },
            { su: customer.login },
          ),
        look: find,
      })
    },

    update: (customer, id, changes) =>
      writeFor(context, customer.accountId, {
        name: 'profile.edit',
        act: () => panel.call('profile.edit', { ...changes, elid: id, sok: 'ok' }, { su: customer.login }),
        look: async () => {
          const form = await panel.call('profile.edit', { elid: id }, { su: customer.login })
          const took = Object.entries(changes).every(([field, value]) => form.raw(field) === value || form.text(field) === value)
          return took ? (await list(customer)).find((payer) => payer.id === id) : undefined
        },
      }),

    remove: (customer, id) => {
      const gone = async (): Promise<{ id: string } | undefined> =>
        (await list(customer)).some((payer) => payer.id === id) ? undefined : { id }
      return writeFor(context, customer.accountId, {
        name: 'profile.delete',
        act: () => panel.call('profile.delete', { elid: id }, { su: customer.login }).catch(ignoreMissing),
        look: gone,
      })
    },
  }
}

function fromRow(row: Row): Payer | undefined {
  const id = row.id('id')
  if (id === undefined) return undefined
  const type = row.raw('profiletype')
  return { id, name: row.text('name'), kind: (Object.keys(payerKinds) as PayerKind[]).find((kind) => payerKinds[kind] === type) }
}
