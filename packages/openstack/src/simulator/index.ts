export type { Envelope, OsloMessage } from './notifications/envelope.ts'
export { type OpenstackSimulator, type OpenstackSimulatorOptions, startOpenstackSimulator } from './simulator.ts'
