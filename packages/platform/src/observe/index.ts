export { createServerObserver, type ServerObserver } from './servers.ts'
