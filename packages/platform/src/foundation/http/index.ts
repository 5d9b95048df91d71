export { forgetOldAnswers } from './idempotency.ts'
export { buildHttp } from './server.ts'
