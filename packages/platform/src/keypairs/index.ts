export { keypairRoutes } from './routes.ts'
export { type KeypairRow, keypairsOfProject } from './store.ts'
