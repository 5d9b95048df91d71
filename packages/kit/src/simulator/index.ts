export { type Fault, type FaultEffect, Faults } from './faults.ts'
export {
  type JournalEntry,
  type SharedControl,
  type SimRequest,
  type SimResponse,
  type Simulator,
  type SimulatorDefinition,
  sharedControl,
  startSimulator,
} from './server.ts'
export { Timeline } from './timeline.ts'
export { EntityLog } from './entity-log.ts'
