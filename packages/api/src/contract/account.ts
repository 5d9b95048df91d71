import { z } from 'zod'
import { displayName, empty, id, idParams, list, listQuery, result, text, time } from '../common.ts'
import { route } from '../route.ts'

/** NIST SP 800-63B: length counts, composition rules do not. 256 bounds the work of hashing. */
export const passwordLength = { min: 10, max: 256 }
export const languages = ['en', 'ru'] as const

const email = text()
  .trim()
  .toLowerCase()
  .max(254, 'an email address has 254 characters at most')
  .pipe(z.email('this is no email address; one looks like name@example.com'))
const password = text()
  .min(passwordLength.min, `a password has at least ${passwordLength.min} characters`)
  .max(passwordLength.max, `a password has ${passwordLength.max} characters at most`)

const person = z
  .object({
    id,
    email: z.string(),
    name: z.string(),
    language: z.enum(languages),
    role: z.enum(['customer', 'operator']),
    currency: z.string(),
    created_in: time,
  })
  .meta({ id: 'Account' })
export type Account = z.output<typeof person>

const token = z
  .object({ id, name: z.string(), created_in: time, expires_at: time.nullable(), last_used_at: time.nullable() })
  .meta({ id: 'ApiToken' })
export type ApiToken = z.output<typeof token>

export const accountRoutes = {
  accountSignUp: route({
    name: 'accountSignUp',
    method: 'POST',
    path: '/v2/account/sign-up',
    permission: 'anyone',
    audit: 'account.sign_up',
    summary: 'Open an account with its first project',
    tag: 'account',
    body: z.object({ email, password, name: displayName(100), language: z.enum(languages).default('en') }),
    response: result(z.object({ id, project_id: id, token: z.string(), expires_at: time })),
    status: 201,
    slow: true,
    kept: 'deed',
  }),
  accountSignIn: route({
    name: 'accountSignIn',
    method: 'POST',
    path: '/v2/account/sign-in',
    permission: 'anyone',
    audit: 'account.sign_in',
    summary: 'Sign in; sets the session cookie and answers the same token',
    tag: 'account',
    body: z.object({ email: text().max(254), password: text().max(passwordLength.max) }),
    response: result(z.object({ token: z.string(), expires_at: time })),
    status: 200,
    slow: true,
    kept: 'nothing',
  }),
  accountSignOut: route({
    name: 'accountSignOut',
    method: 'POST',
    path: '/v2/account/sign-out',
    permission: 'account',
    audit: 'account.sign_out',
    summary: 'End this session',
    tag: 'account',
    response: empty,
    status: 200,
  }),
  accountGet: route({
    name: 'accountGet',
    method: 'GET',
    path: '/v2/account',
    permission: 'account',
    audit: 'account.read',
    summary: 'Who I am',
    tag: 'account',
    response: result(person),
    status: 200,
  }),
  accountUpdate: route({
    name: 'accountUpdate',
    method: 'PATCH',
    path: '/v2/account',
    permission: 'account',
    audit: 'account.update',
    summary: 'Change my name or language',
    tag: 'account',
    body: z.object({ name: displayName(100).optional(), language: z.enum(languages).optional() }),
    response: empty,
    status: 200,
  }),
  accountPassword: route({
    name: 'accountPassword',
    method: 'POST',
    path: '/v2/account/password',
    permission: 'account',
    audit: 'account.password',
    summary: 'Change the password: this device goes on with a new token, other devices are signed out, API tokens stay',
    tag: 'account',
    body: z.object({ current_password: text().max(passwordLength.max), new_password: password }),
    response: result(z.object({ token: z.string(), expires_at: time })),
    status: 200,
    slow: true,
    kept: 'deed',
  }),
  tokensList: route({
    name: 'tokensList',
    method: 'GET',
    path: '/v2/account/tokens',
    permission: 'account',
    audit: 'token.list',
    summary: 'API tokens',
    tag: 'account',
    query: listQuery,
    response: list(token),
    status: 200,
  }),
  tokensCreate: route({
    name: 'tokensCreate',
    method: 'POST',
    path: '/v2/account/tokens',
    permission: 'account',
    audit: 'token.create',
    summary: 'Make an API token; it is shown this once',
    tag: 'account',
    body: z.object({ name: displayName(100), expires_at: time.optional() }),
    response: result(z.object({ id, token: z.string() })),
    status: 201,
    kept: 'deed',
  }),
  tokensDelete: route({
    name: 'tokensDelete',
    method: 'DELETE',
    path: '/v2/account/tokens/{id}',
    permission: 'account',
    audit: 'token.delete',
    summary: 'Revoke an API token at once',
    tag: 'account',
    params: idParams,
    response: undefined,
    status: 204,
  }),
}
