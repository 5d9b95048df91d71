export { keypairRoutes } from './routes.ts'
export type { KeypairRow } from './store.ts'
