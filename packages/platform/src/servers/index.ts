export { createServer } from './create.ts'
export { deleteServer } from './delete.ts'
export { rebootServer, startServer, stopServer, writeStarted, writeStopped } from './power.ts'
export { serverRoutes, type ServerWorkflows } from './routes.ts'
export {
  deletedServers,
  type Known,
  lockServerByNovaId,
  serverKnownAs,
  type ServerRow,
  serversInTheCloud,
  serversToRecheck,
  setRecheck,
  updateServer,
} from './store.ts'
export { createTearDown } from './tear-down.ts'
