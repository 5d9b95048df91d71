import { expect, test } from 'vitest'
import type { z } from 'zod'
import { type Route, routes } from './index.ts'

/** Every text in a schema, with where it is; what stands behind others is reached through them. */
function textsIn(schema: z.core.$ZodType, path: string): { path: string; schema: z.core.$ZodType }[] {
  const { def } = schema._zod as unknown as { def: Record<string, unknown> & { type: string } }
  const inner = (name: string, at = path) => textsIn(def[name] as z.core.$ZodType, at)
  switch (def.type) {
    case 'string':
      return [{ path, schema }]
    case 'object':
      return Object.entries(def.shape as Record<string, z.core.$ZodType>).flatMap(([key, value]) =>
        textsIn(value, `${path}.${key}`),
      )
    case 'array':
      return inner('element', `${path}.n`)
    case 'union':
      return (def.options as z.core.$ZodType[]).flatMap((option) => textsIn(option, path))
    case 'pipe':
      return inner('in')
    case 'optional':
    case 'default':
    case 'nullable':
      return inner('innerType')
    default:
      return []
  }
}

const taken = (Object.values(routes) as Route[]).flatMap((route) =>
  (['body', 'query'] as const).flatMap((part) => (route[part] ? textsIn(route[part], `${route.name} ${part}`) : [])),
)

test('the contract takes texts', () => {
  expect(taken.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['accountSignUp body.email', 'serversCreate body.user_data', 'serversDelete body.delete_volumes.n']),
  )
})

test.each(taken.map(({ path, schema }) => [path, schema] as const))('%s takes no NUL', (_, schema) => {
  for (const value of ['a\0b', 'a\0b@example.com', 'ssh-ed25519 AAAA\0', '1.00\0'])
    expect((schema as z.ZodType).safeParse(value).success).toBe(false)
})

test('a filter of a list takes no NUL', () => {
  const { query } = routes.serversList
  expect(query.safeParse({ name: 'web', status__in: ['A', 'B'] }).success).toBe(true)
  expect(query.safeParse({ name: 'we\0b' }).success).toBe(false)
  expect(query.safeParse({ name: ['web', 'we\0b'] }).success).toBe(false)
})
