/** `2026-11-22T05:48:51Z`: Nova, Glance, Neutron. */
export const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** `2026-11-22T05:49:17.000000`: times that a service read back from its database. */
export const databaseTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}.000000`

/** `2026-11-22T05:49:20.147927`: times that never were in a database. */
export const microseconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000`

/** `2026-11-22 05:49:17.000000`: timestamps of notifications. */
export const spaced = (ms: number): string => microseconds(ms).replace('T', ' ')

/** Milliseconds of a time as clients write it, with or without zone (then UTC); undefined when it is none. */
export function parseTime(text: string): number | undefined {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`
  const ms = Date.parse(zoned.replace(' ', 'T'))
  return Number.isNaN(ms) ? undefined : ms
}
