/** Whether all wanted pairs are there, each exactly. */
export const hasAll = (pairs: Record<string, string>, wanted: Record<string, string> = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => pairs[key] === value)
