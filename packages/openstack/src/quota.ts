/** What a project may have of one thing, and has. A limit of -1 is none. */
export interface Quota {
  limit: number
  inUse: number
  reserved: number
}
