import type { Generated, GeneratedAlways } from 'kysely'

declare module '../foundation/db.ts' {
  interface Tables {
    ledger_account: LedgerAccountTable
    ledger_entry: LedgerEntryTable
    ledger_posting: LedgerPostingTable
    charge: ChargeTable
    hold: HoldTable
    promised_payment: PromisedPaymentTable
    accrual: AccrualTable
  }
}

interface LedgerAccountTable {
  id: string
  /** The customer's account; null: the provider's own. */
  owner_id: string | null
  purpose: string
  currency: string
  normal_side: 'credit' | 'debit'
  posted_micros: bigint | null
  usage_until: Date | null
  opened_at: Generated<Date>
}

export type EntryCode =
  | 'top_up'
  | 'bonus'
  | 'promise'
  | 'promise_end'
  | 'refund'
  | 'correction'
  | 'write_off'
  | 'usage'
  | 'usage_correction'

interface LedgerEntryTable {
  id: string
  account_id: string
  code: EntryCode
  subject_type: string | null
  subject_id: string | null
  corrects: string | null
  description: string
  occurred_at: Date
  recorded_at: Date
  idempotency_key: string | null
}

interface LedgerPostingTable {
  position: GeneratedAlways<bigint>
  entry_id: string
  ledger_account_id: string
  amount_micros: bigint
  balance_after_micros: bigint | null
}

interface ChargeTable {
  entry_id: string
  meter_id: string
  from_at: Date
  until_at: Date
  amount_micros: bigint
}

export type HoldState = 'active' | 'captured' | 'released' | 'expired'

interface HoldTable {
  id: string
  account_id: string
  amount_micros: bigint
  subject_type: string
  subject_id: string
  state: Generated<HoldState>
  placed_at: Date
  expires_at: Date
  ended_at: Date | null
}

interface PromisedPaymentTable {
  id: string
  account_id: string
  amount_micros: bigint
  open_micros: bigint
  promised_at: Date
  due_at: Date
  ended_at: Date | null
}

interface AccrualTable {
  id: string
  account_id: string
  hour_micros: bigint
  since: Date
  charged_until: Date
  charged_micros: Generated<bigint>
  due_at: Date
}
