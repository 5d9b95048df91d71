import type { Row } from './document.ts'
import { BillmanagerError } from './errors.ts'
import type { Parameters } from './form.ts'
import type { CallOptions, Panel } from './panel.ts'

const pageSize = 500
const maxPages = 1000

/**
 * All rows of a list, page after page, ordered by id so that a new row does not move the pages; each id once.
 * @throws BillmanagerError, also when the list has no end
 *
 * The filter is the inline one (`filter=on`), which holds for this call. `FUNC.filter` would stay in the session and silently
 * narrow every later list: https://www.ispsystem.com/docs/b6c/developer-section/billmanager-api
 */
export async function* rowsOf(
  panel: Panel,
  func: string,
  parameters: Parameters = {},
  options: CallOptions & {
    newestFirst?: boolean
    pageSize?: number
    /** Whether the pages after one that shows these rows are of no interest. */
    isEnough?: (page: readonly Row[]) => boolean
  } = {},
): AsyncGenerator<Row, void, void> {
  const size = options.pageSize ?? pageSize
  const seen = new Set<string>()
  let read = 0
  for (let page = 1; page <= maxPages; page++) {
    const doc = await panel.call(
      func,
      { ...parameters, p_cnt: String(size), p_num: String(page), p_col: options.newestFirst ? '-id' : '+id' },
      { su: options.su },
    )
    const rows = doc.elements
    for (const row of rows) {
      const id = row.id('id')
      if (id !== undefined) {
        if (seen.has(id)) continue
        seen.add(id)
      }
      yield row
    }
    read += rows.length
    if (rows.length === 0 || read >= (doc.total ?? (rows.length < size ? read : Number.POSITIVE_INFINITY))) return
    if (options.isEnough?.(rows)) return
  }
  throw endless(func)
}

/** Rows that are left out in silence would be taken for rows that are not there. */
const endless = (func: string): BillmanagerError =>
  new BillmanagerError('unavailable', {
    kind: 'garbled',
    message: `${func}: the list has no end after ${maxPages} pages`,
    retryable: false,
    effect: 'none',
  })

/** The inline filter. Rows that come back are still checked by the caller: a panel ignores a field that it does not know. */
export const filterBy = (fields: Parameters): Parameters => ({ filter: 'on', ...fields })

export async function collect<T>(rows: AsyncIterable<Row>, read: (row: Row) => T | undefined): Promise<T[]> {
  const found: T[] = []
  for await (const row of rows) {
    const one = read(row)
    if (one !== undefined) found.push(one)
  }
  return found
}
