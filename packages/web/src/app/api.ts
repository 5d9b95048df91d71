import { createClient } from '@straylight/api'
import { measuredFetch } from './latency.ts'

/** Calls the service on the origin of the page; the session's cookie speaks for the person. */
export const call = createClient({ baseUrl: '', fetch: measuredFetch })
