const day = /^(\d{4})-(\d{2})-(\d{2})/
const moment = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?/

/** The day `YYYY-MM-DD` at the start of what the panel shows; `undefined` when there is none. */
export const readDay = (text: string): string | undefined => day.exec(text)?.[0]

/** A moment as the panel shows it, in its own time zone; `undefined` when it is none. */
export function readMoment(text: string, utcOffset: string): Date | undefined {
  const [, date, minutes, seconds] = moment.exec(text) ?? []
  const at = new Date(`${date ?? readDay(text)}T${minutes ?? '00:00'}${seconds ?? ':00'}${utcOffset}`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** The day that it is on the panel. */
export function panelDay(at: Date, utcOffset: string): string {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):(\d{2})$/.exec(utcOffset) ?? []
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  return new Date(at.getTime() + offsetMs).toISOString().slice(0, 10)
}
