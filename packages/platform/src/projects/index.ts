export { prepareProject } from './prepare.ts'
export { createProjects, type Projects, projectRoutes } from './routes.ts'
export { projectById, type ProjectRow } from './store.ts'
