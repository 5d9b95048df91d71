import { createHash, randomBytes, randomUUID } from 'node:crypto'

/** A random id in the form of most services: `85900fd0-87d8-42a4-88ff-0f9a0d51a60b`. */
export const uuid = (): string => randomUUID()

/** A random id in the form of Keystone: 32 hexadecimal digits. */
export const hexId = (): string => randomBytes(16).toString('hex')

export const requestId = (): string => `req-${randomUUID()}`

/** The same id for the same name in every simulator, so that seeded things keep theirs over a restart without a data file. */
export function seededHexId(kind: string, name: string): string {
  return createHash('sha256').update(`${kind}/${name}`).digest('hex').slice(0, 32)
}

export function seededUuid(kind: string, name: string): string {
  const hex = seededHexId(kind, name)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** A password as Nova makes them: 12 letters and digits. */
export function adminPassword(): string {
  return randomBytes(24)
    .toString('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 12)
}
