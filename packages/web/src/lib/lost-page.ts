/** What browsers say when the code of a page cannot be loaded. */
export const isLostCode = (error: unknown): boolean =>
  /dynamically imported module|Importing a module script failed|Unable to preload/i.test(String(error))

const mark = 'straylight.reloaded'

/**
 * What to do when the code of the page at `path` did not arrive. After a new version was installed the old code is gone from the server, and
 * the app is loaded anew, once for each page: when that does not help, or there is no network, the person is told.
 */
export function afterLostCode(storage: Storage, path: string, isOnline: boolean): 'reload' | 'tell' {
  if (!isOnline) return 'tell'
  try {
    if (storage.getItem(mark) === path) return 'tell'
    storage.setItem(mark, path)
    return 'reload'
  } catch {
    // Without a mark a reload could follow upon a reload for ever.
    return 'tell'
  }
}

/** A page was opened: should its code be missing again some day, the app may be loaded anew for it. */
export function codeArrived(storage: Storage): void {
  try {
    storage.removeItem(mark)
  } catch {
    // There was no mark either.
  }
}
