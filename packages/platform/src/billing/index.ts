export { type Difference, type ProofOptions, prove } from './proof.ts'
export { billingRoutes } from './routes.ts'
