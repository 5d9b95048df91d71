export { AdjustableClock, type Clock, systemClock } from './clock.ts'
export {
  assert,
  Bug,
  CallerError,
  type CallerErrorKind,
  conflict,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  paymentRequired,
  restated,
  tooLarge,
  tooMany,
  unauthenticated,
  UpstreamError,
  type UpstreamErrorKind,
  type UpstreamErrorOptions,
  unreachable,
} from './errors.ts'
export { galeraSentence, gaveUpStatuses } from './front-ends.ts'
export { compose, type HttpRequest, type HttpResponse, type Layer, type Send, undiciSend, withReport } from './http.ts'
export { isId, newId } from './ids.ts'
export { floorDivide, formatMicros, maxMicros, microsToNumber, minMicros, type Money, money, parseMicros } from './money.ts'
export { Pacer } from './pacer.ts'
export { seededRandom } from './random.ts'
