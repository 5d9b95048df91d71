/** Days of the calendar as text, `2026-11-22`: no clock and no time zone can shift them. */
export type Day = string

export const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))

export function shiftDay(day: Day, days: number): Day {
  const moment = new Date(`${day}T00:00:00Z`)
  moment.setUTCDate(moment.getUTCDate() + days)
  return moment.toISOString().slice(0, 10)
}

/** `month` as `2026-11`. */
export function shiftMonth(month: string, months: number): string {
  const moment = new Date(`${month}-01T00:00:00Z`)
  moment.setUTCMonth(moment.getUTCMonth() + months)
  return moment.toISOString().slice(0, 7)
}

/** Six weeks from Monday that hold the month. */
export function monthGrid(month: string): Day[][] {
  const first = new Date(`${month}-01T00:00:00Z`)
  const start = shiftDay(`${month}-01`, -((first.getUTCDay() + 6) % 7))
  return Array.from({ length: 6 }, (_, week) => Array.from({ length: 7 }, (_, day) => shiftDay(start, week * 7 + day)))
}
