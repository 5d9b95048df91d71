/** One answer of a route that lists. */
interface Part<T> {
  data: { count: number; result: T[] }
}

const partSize = 1000
/** As many charges as the service adds up at most; no list of a person is longer. */
const most = 100_000
const tries = 3

/**
 * Lists are filtered, sorted and added up in the browser, so they are read whole, a part at a time up to `count`:
 * `readWhole((query) => call(routes.volumesList, { params, query, signal }))`. A list that becomes longer or shorter meanwhile is read
 * again from its beginning, for parts of two lists would lack a line or hold one twice.
 * @throws Error when there are more than 100,000, or when the list never holds still: a cut list is never given as the whole.
 */
export async function readWhole<T>(ask: (query: { limit: number; offset: number }) => Promise<Part<T>>): Promise<T[]> {
  for (let round = 0; round < tries; round += 1) {
    const whole = await readOnce(ask)
    if (whole) return whole
  }
  throw new Error('The list changed each time while it was read')
}

async function readOnce<T>(ask: (query: { limit: number; offset: number }) => Promise<Part<T>>): Promise<T[] | undefined> {
  const { count, result } = (await ask({ limit: partSize, offset: 0 })).data
  if (count > most) throw new Error(`The list has ${count} lines, more than can be shown`)
  const whole = [...result]
  while (whole.length < count) {
    const { data } = await ask({ limit: partSize, offset: whole.length })
    if (data.count !== count || data.result.length === 0) return undefined
    whole.push(...data.result)
  }
  return whole
}
