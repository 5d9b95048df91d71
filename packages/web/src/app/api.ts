import { createClient } from '@straylight/api'

/** Calls the service on the origin of the page; the session's cookie speaks for the person. */
export const call = createClient({ baseUrl: '' })

/** Lists are filtered, sorted and paged in the browser, so they are read whole. */
export const wholeList = { limit: 1000 }
