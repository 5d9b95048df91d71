import { invalid, parseMicros } from '@straylight/kit'

type Scalar = string | number | boolean | null | undefined

const operators = ['gt', 'gte', 'lt', 'lte', 'range', 'in'] as const
type Operator = (typeof operators)[number]

/**
 * Filters, orders and pages a list as the published clients ask: `limit`, `offset`, `ordering=-field`, `field=value` and
 * `field__gt|gte|lt|lte|range|in=value[,value]`. `count` is the total before paging.
 * @throws CallerError that names the query parameter and what is allowed.
 */
export function pageOf<T extends object>(items: T[], query: Record<string, unknown>): { count: number; result: T[] } {
  const { limit, offset, ordering, ...filters } = query
  let kept = items
  const known = items[0] ? Object.keys(items[0]) : undefined
  const mustKnow = (parameter: string, field: string) => {
    if (known && !known.includes(field) && !items.some((item) => field in item))
      throw invalid('request.invalid', `There is no field ${field} to ask for.`, {
        description: `Fields of this list: ${known.join(', ')}.`,
        fields: [{ field: parameter, message: `no such field; this list has ${known.join(', ')}` }],
      })
  }
  for (const [parameter, value] of Object.entries(filters)) {
    const [field = '', operator, ...rest] = parameter.split('__')
    if (rest.length > 0 || (operator !== undefined && !operators.includes(operator as Operator)))
      throw invalid('request.invalid', `${parameter} is no filter.`, {
        description: `A filter is field=value or field__${operators.join('|')}=value.`,
        fields: [{ field: parameter, message: `the part behind __ is one of ${operators.join(', ')}` }],
      })
    mustKnow(parameter, field)
    const wanted = String(value)
    kept = kept.filter((item) => matches((item as Record<string, Scalar>)[field], operator as Operator | undefined, wanted))
  }
  if (typeof ordering === 'string') {
    const field = ordering.replace(/^-/, '')
    mustKnow('ordering', field)
    const sign = ordering.startsWith('-') ? -1 : 1
    kept = [...kept].sort((a, b) => sign * compare((a as Record<string, Scalar>)[field], (b as Record<string, Scalar>)[field]))
  }
  return { count: kept.length, result: cut(kept, limit, offset) }
}

/**
 * The same of rows that are costly to describe: where nothing is filtered or ordered, only those of the page are.
 * `describe` keeps the order of the rows.
 */
export async function pageOfRows<Row, T extends object>(
  rows: Row[],
  query: Record<string, unknown>,
  describe: (rows: Row[]) => Promise<T[]>,
): Promise<{ count: number; result: T[] }> {
  const { limit, offset, ...rest } = query
  if (Object.values(rest).some((value) => value !== undefined)) return pageOf(await describe(rows), query)
  return { count: rows.length, result: await describe(cut(rows, limit, offset)) }
}

function cut<T>(items: T[], limit: unknown, offset: unknown): T[] {
  const from = typeof offset === 'number' ? offset : 0
  const most = typeof limit === 'number' ? limit : 1000
  return items.slice(from, from + most)
}

function matches(value: Scalar, operator: Operator | undefined, wanted: string): boolean {
  switch (operator) {
    case undefined:
      return String(value ?? '') === wanted
    case 'in':
      return wanted.split(',').includes(String(value ?? ''))
    case 'range': {
      const [low = '', high = ''] = wanted.split(',')
      return compareTo(value, low) >= 0 && compareTo(value, high) <= 0
    }
    case 'gt':
      return compareTo(value, wanted) > 0
    case 'gte':
      return compareTo(value, wanted) >= 0
    case 'lt':
      return compareTo(value, wanted) < 0
    case 'lte':
      return compareTo(value, wanted) <= 0
  }
}

const compareTo = (value: Scalar, wanted: string) => compare(value, typeof value === 'number' ? Number(wanted) : wanted)

const collator = new Intl.Collator('en', { numeric: true })

function compare(a: Scalar, b: Scalar): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  // Sums of money are decimal strings: “-2.50” is less than “-1.00”, and “0.5” more than “0.25”.
  const [first, second] = [parseMicros(String(a ?? '')), parseMicros(String(b ?? ''))]
  if (first !== undefined && second !== undefined) return first < second ? -1 : first > second ? 1 : 0
  return collator.compare(String(a ?? ''), String(b ?? ''))
}
