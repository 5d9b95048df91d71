import type { Money } from '@straylight/kit'
import type { Context } from './context.ts'
import type { Customer } from './customers.ts'
import { readDay } from './dates.ts'
import { readAmount } from './protocol/amount.ts'
import type { Row } from './protocol/document.ts'
import { BillmanagerError } from './protocol/errors.ts'
import { collect, rowsOf } from './protocol/list.ts'

/** `bill`: what is to be paid, or was (a payment). `invoice`: what was delivered in a period (an act). `contract`: with a payer. */
export type PaperKind = 'bill' | 'invoice' | 'contract'

export interface Paper {
  kind: PaperKind
  id: string
  number: string
  on: string | undefined
  amount: Money | undefined
  /** As the panel shows it. */
  status: string
}

/** `list` and the printing function of each kind. Only the first and last are seen in public code; `invoice.print.pdf` follows their form. */
const functions: Record<PaperKind, { list: string; print: string; amount: string; date: string; status: string }> = {
  bill: { list: 'payment', print: 'payment.print.pdf', amount: 'subaccountamount_iso', date: 'create_date', status: 'status' },
  invoice: { list: 'invoice', print: 'invoice.print.pdf', amount: 'amount_iso', date: 'cdate', status: 'invoice_status' },
  contract: { list: 'contract', print: 'contract.print.pdf', amount: 'amount_iso', date: 'signdate', status: 'status' },
}

export function documentsOf(context: Context) {
  const { panel, settings } = context

  const read =
    (kind: PaperKind) =>
    (row: Row): Paper | undefined => {
      const id = row.id('id')
      if (id === undefined) return undefined
      const { amount, date, status } = functions[kind]
      return {
        kind,
        id,
        number: row.text('number'),
        on: readDay(row.text(date)),
        amount: row.text(amount) === '' ? undefined : readAmount(row.text(amount), settings.currency),
        status: row.text(status),
      }
    }

  async function ofKind(kind: PaperKind, customer: Customer): Promise<Paper[]> {
    try {
      return await collect(rowsOf(panel, functions[kind].list, {}, { su: customer.login, newestFirst: true }), read(kind))
    } catch (error) {
      // A panel need not have every kind, nor show it to its clients.
      if (error instanceof BillmanagerError && (error.reason === 'not_found' || error.reason === 'forbidden')) return []
      throw error
    }
  }

  return {
    /** The papers of a client, newest first within each kind. */
    list: async (customer: Customer, kinds: PaperKind[] = ['bill', 'invoice', 'contract']): Promise<Paper[]> =>
      (await Promise.all(kinds.map((kind) => ofKind(kind, customer)))).flat(),
    /** The printed paper. @throws BillmanagerError; whatever is no PDF counts as unavailable */
    pdf: (customer: Customer, paper: { kind: PaperKind; id: string }): Promise<Buffer> =>
      panel.bytes(functions[paper.kind].print, { elid: paper.id }, { su: customer.login, out: 'pdf_print', startsWith: '%PDF-' }),
  }
}
