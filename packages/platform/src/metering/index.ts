export { chargeDue } from '../ledger/index.ts'
export { type ChargesAsked, type Consumption, chargesOf, consumptionOf, type DayCharge, hourMicrosOf } from './charges.ts'
export { type Closing, closeMeters, type Opening, openMeter, openMeters, renameOnBill } from './meter.ts'
export {
  currentPrices,
  type PublishedPrice,
  publishPrices,
  seedPriceList,
  seedPrices,
  skuOfStorage,
} from './price.ts'
export { holdMicros, hoursPerMonth, type Line, type Price, type PriceList, type Rated, type RatedLine, rate } from './rate.ts'
export { type Rerated, rerate } from './rerate.ts'
