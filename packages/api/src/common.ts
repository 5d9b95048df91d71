import { isId, parseMicros } from '@straylight/kit'
import { z } from 'zod'

const hasNul = (value: unknown) => typeof value === 'string' && value.includes('\0')
const noNul = 'text holds no NUL characters'

/** What every text that is taken is made of: no NUL, which no text of the database can hold. */
export const text = () => z.string().refine((value) => !hasNul(value), noNul)

export const id = z.string().refine(isId, 'an id is a UUID in lower case').meta({ format: 'uuid' })
export const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })
/** Money where the API is ours: a decimal string, exact to six places. */
export const decimal = z
  .string()
  .refine((text) => parseMicros(text) !== undefined, 'a sum is a decimal string such as "12.50", with six places at most')
  .meta({ description: 'A decimal string, exact to six places', examples: ['12.50'] })
export const displayName = (limit: number) =>
  z
    .string()
    .trim()
    .min(1, 'a name has at least one character')
    .max(limit, `a name has ${limit} characters at most`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'a name has no control characters')

export const result = <T extends z.ZodType>(schema: T) => z.object({ result: schema })
export const list = <T extends z.ZodType>(schema: T) =>
  z.object({ count: z.int().meta({ description: 'How many there are before paging' }), result: z.array(schema) })
export const empty = z.object({})
export const idResponse = result(z.object({ id }))

/** What every list takes; filters by field (`status=ACTIVE`, `created_in__gte=…`, `name__in=a,b`) stand beside it. */
export const listQuery = z
  .object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'How many at most; all that there are when absent, up to 1000' }),
    offset: z.coerce.number().int().min(0).optional(),
    ordering: z
      .string()
      .regex(/^-?[a-z_]+$/, 'ordering is a field, or -field')
      .optional()
      .meta({ description: '`field` or `-field`' }),
  })
  .catchall(z.unknown().refine((value) => ![value].flat().some(hasNul), noNul))

export const projectParams = z.object({ project_id: id })
export const idParams = z.object({ id })

/** RFC 9457, with the members that clients of this interface read (`code`, `message`, `description`) beside. */
export const problem = z
  .object({
    type: z.string().meta({ description: 'A stable address that explains the code' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    code: z.int().meta({ description: 'The HTTP status again, as the published Go client reads it' }),
    error_code: z.string().meta({ description: 'Stable and specific, for programs', examples: ['server.not_stopped'] }),
    message: z.string(),
    description: z.string(),
    request_id: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    facts: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.output<typeof problem>
