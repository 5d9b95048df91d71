export { authenticator } from './credentials.ts'
export { hashPassword } from './passwords.ts'
export { identityRoutes } from './routes.ts'
export { accountByEmail, accountNames, insertAccount } from './store.ts'
