export { type Difference, type ProofOptions, prove } from './proof.ts'
export { billingHandlers } from './routes.ts'
