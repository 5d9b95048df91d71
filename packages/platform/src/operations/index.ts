export { demoRoutes } from './demo.ts'
export { proveBooks } from './proof.ts'
export { systemRoutes, Systems } from './systems.ts'
export { taskRoutes } from './tasks.ts'
