import { accountRoutes } from './contract/account.ts'
import { billingRoutes } from './contract/billing.ts'
import { catalogueRoutes } from './contract/catalogue.ts'
import { projectRoutes } from './contract/projects.ts'
import { serverRoutes } from './contract/servers.ts'
import { taskRoutes } from './contract/tasks.ts'

export { type Answer, ApiError, type Client, createClient, pathOf } from './client.ts'
export { type Problem, problem } from './common.ts'
export { type Account, type ApiToken, languages, passwordLength } from './contract/account.ts'
export { type Balance, type Charge, chargeDays, type LedgerEntry } from './contract/billing.ts'
export type { Address, Image, KeyPair, Volume } from './contract/catalogue.ts'
export type { Project } from './contract/projects.ts'
export {
  type Price,
  type Server,
  type ServerCreate,
  type ServerStatus,
  serverLimits,
  serverStatuses,
} from './contract/servers.ts'
export type { Task } from './contract/tasks.ts'
export type { BodyOf, GivenBody, ParamsOf, Permission, QueryOf, ResponseOf, Route, Subject } from './route.ts'
export { type Rule, serverCan } from './rules.ts'

/** Every route of the service, by name. */
export const routes = { ...accountRoutes, ...projectRoutes, ...serverRoutes, ...catalogueRoutes, ...billingRoutes, ...taskRoutes }
export type Routes = typeof routes
