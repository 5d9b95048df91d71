export type { Balance } from './balance.ts'
export {
  type BridgeOptions,
  type BridgeRequest,
  type BridgeResponse,
  createBridge,
  type InboundOperation,
  type OperationState,
  readOperation,
} from './bridge.ts'
export { type Charge, type NewCharge, type PostedCharge, taxWithin } from './charges.ts'
export { type Billmanager, type BillmanagerOptions, type Capabilities, createBillmanager } from './client.ts'
export type { PanelSettings } from './context.ts'
export type { CreatedCustomer, Customer, NewCustomer } from './customers.ts'
export type { Paper, PaperKind } from './documents.ts'
export type { PanelEvent } from './events.ts'
export type { Check } from './health.ts'
export { splitMarker, withMarker } from './marker.ts'
export type { Completion, Operation } from './operations.ts'
export type { Confirmed, Outcome, ReadBack, Refused, Unconfirmed } from './outcome.ts'
export type { Payer, PayerDetails, PayerKind } from './payers.ts'
export type { NewPayment, Payment, PaymentMethod, PaymentQuery, PaymentStatus, StartedPayment } from './payments.ts'
export {
  type GrantedPromise,
  type PromiseEnd,
  type PromiseHistory,
  type PromiseRules,
  type PromiseStrategy,
  type PromiseWish,
  promiseForbidden,
} from './promised.ts'
export { readAmount, splitForPanel, writeAmount } from './protocol/amount.ts'
export { BillmanagerError, type Funds, type RefusalCode } from './protocol/errors.ts'
export type { UploadedFile } from './protocol/form.ts'
export { Panel } from './protocol/panel.ts'
export type { Credentials } from './protocol/session.ts'
export type { NewService, Service, ServiceStatus, Tariff } from './services.ts'
export type { Department, Message, NewTicket, Ticket, TicketWithMessages } from './tickets.ts'
export { memoryShelf, type UsageDay, type UsageRow, type UsageShelf } from './usage.ts'
