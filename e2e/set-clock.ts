/**
 * Loaded into the service before anything else (`--import`): gives its process the time of the pictures, as a computer whose clock is set
 * otherwise would have. `STRAYLIGHT_TEST_CLOCK`: the moment of its start. On SIGUSR2 the clock all but stops, so that nothing on a page
 * differs by the seconds that passed until it was looked at.
 */
const RealDate = Date
const startedAt = RealDate.now()
const moment = RealDate.parse(process.env.STRAYLIGHT_TEST_CLOCK ?? '')
let stoppedAt: number | undefined

function now(): number {
  const present = moment + RealDate.now() - startedAt
  // A thousandth of the real speed: some orders in time must stay orders.
  return stoppedAt === undefined ? present : Math.floor(stoppedAt + (present - stoppedAt) / 1000)
}

globalThis.Date = new Proxy(RealDate, {
  construct: (_, given, of) => Reflect.construct(RealDate, given.length === 0 ? [now()] : given, of),
  get: (date, name) => (name === 'now' ? now : Reflect.get(date, name)),
})
process.on('SIGUSR2', () => {
  stoppedAt ??= now()
})
