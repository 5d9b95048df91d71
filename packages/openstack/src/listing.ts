/**
 * Many things of one kind, fetched page by page while they are read. Nothing is asked before the first item is wanted,
 * and each new iteration asks again.
 */
export class Listing<T> implements AsyncIterable<T> {
  readonly #pages: () => AsyncIterable<T[]>

  constructor(pages: () => AsyncIterable<T[]>) {
    this.#pages = pages
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for await (const page of this.#pages()) yield* page
  }

  pages(): AsyncIterable<T[]> {
    return this.#pages()
  }

  async all(): Promise<T[]> {
    const items: T[] = []
    for await (const page of this.#pages()) for (const item of page) items.push(item)
    return items
  }

  /** The first that matches; no further page is asked once it is found. */
  async first(matches: (item: T) => boolean = () => true): Promise<T | undefined> {
    for await (const item of this) if (matches(item)) return item
    return undefined
  }

  filter(matches: (item: T) => boolean): Listing<T> {
    const pages = this.#pages
    return new Listing(async function* () {
      for await (const page of pages()) yield page.filter(matches)
    })
  }
}

const idsPerCall = 100

/** The things of many ids, asked for so many at a time that no URL grows too long (8 kB at the usual front ends). */
export function inBulks<T>(ids: string[], list: (some: string[]) => Listing<T>): Listing<T> {
  return new Listing(async function* () {
    for (let start = 0; start < ids.length; start += idsPerCall) yield* list(ids.slice(start, start + idsPerCall)).pages()
  })
}

/**
 * Names are not unique in OpenStack: of several that match, the one made first, so that every look-up of the same thing finds the same one.
 */
export async function oldest<T extends { id: string; createdAt?: Date | undefined }>(
  listing: Listing<T>,
  matches: (item: T) => boolean,
): Promise<T | undefined> {
  const found = (await listing.all()).filter(matches)
  const age = (item: T) => item.createdAt?.getTime() ?? 0
  return found.sort((a, b) => age(a) - age(b) || (a.id < b.id ? -1 : 1))[0]
}
