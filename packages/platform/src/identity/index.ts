export { authenticator } from './credentials.ts'
export { hashPassword } from './passwords.ts'
export { identityRoutes } from './routes.ts'
export { accountByEmail } from './store.ts'
