/** What the panel's owner has set up: the same in every simulated panel, save the currency. Prices are micro-units. */
export interface Catalogue {
  itemtype: string
  currency: { id: string; code: string; symbol: string }
  countries: { id: string; code: string; en: string; ru: string }[]
  methods: PayMethod[]
  tariffs: Tariff[]
  departments: { id: string; en: string; ru: string }[]
  datacenters: { id: string; name: string }[]
  /** Days before the end of money at which a client is told: `LowMoneyNoticePeriod "10 5 4 3 2 1 0"`. */
  lowMoneyDays: number[]
  /** Task types by command: https://docs.ispsystem.com/billmanager/service-activation/service-management/tasks */
  taskTypes: Record<string, string>
}

export interface PayMethod {
  id: string
  en: string
  ru: string
  minimum: bigint
  maximum: bigint | undefined
  /** The gateway's page; without one the client pays by hand. */
  gateway: string | undefined
  /** Credits at once and asks for the money within so many days (BILLmanager 4's promised payment). */
  promisedDays?: number
}

export interface Tariff {
  id: string
  title: string
  description: string
  /** −50 a day, N months. */
  period: string
  cost: bigint
  /** Months before which the client may not delete it. */
  minimumMonths: number
  statistics: StatisticPrice[]
}

/** A statistics add-on: what exceeds the included amount is charged per day; above the maximum the service is stopped. */
export interface StatisticPrice {
  param: string
  measure: string
  /** Per measure. */
  price: bigint
  /** Millionths of the measure, per day. */
  included: bigint
  maximum: bigint | undefined
}

const units = 1_000_000n
const currencies: Record<string, { id: string; symbol: string }> = {
  EUR: { id: '153', symbol: '€' },
  RUB: { id: '126', symbol: '₽' },
  USD: { id: '142', symbol: '$' },
}

export function catalogueIn(currency: string): Catalogue {
  const known = currencies[currency]
  if (!known) throw new RangeError(`the simulated panel knows ${Object.keys(currencies).join(', ')}, not ${currency}`)
  const statistic = (param: string, measure: string, price: bigint, included = 0n, maximum?: bigint): StatisticPrice => ({
    param,
    measure,
    price,
    included: included * units,
    maximum: maximum === undefined ? undefined : maximum * units,
  })
  return {
    itemtype: 'cloud',
    currency: { ...known, code: currency },
    countries: [
      { id: '182', code: 'RU', en: 'Russia', ru: 'Россия' },
      { id: '80', code: 'DE', en: 'Germany', ru: 'Германия' },
      { id: '110', code: 'KZ', en: 'Kazakhstan', ru: 'Казахстан' },
      { id: '158', code: 'NL', en: 'Netherlands', ru: 'Нидерланды' },
      { id: '225', code: 'GB', en: 'United Kingdom', ru: 'Великобритания' },
      { id: '231', code: 'US', en: 'United States', ru: 'США' },
    ],
    methods: [
      { id: '5', en: 'Bank card', ru: 'Банковская карта', minimum: units, maximum: 1_000_000n * units, gateway: 'pmcardpayment' },
      { id: '6', en: 'Bank transfer', ru: 'Банковский перевод', minimum: 10n * units, maximum: undefined, gateway: undefined },
      {
        id: '9',
        en: 'Promised payment',
        ru: 'Обещанный платёж',
        minimum: units,
        maximum: 100n * units,
        gateway: undefined,
        promisedDays: 5,
      },
    ],
    tariffs: [
      {
        id: '3',
        title: 'Cloud project',
        description: 'Pay for what is used, day by day',
        period: '-50',
        cost: 0n,
        minimumMonths: 0,
        statistics: [
          statistic('cpu', 'hour', 10_000n),
          statistic('ram', 'gib_hour', 5_000n),
          statistic('disk', 'gib_hour', 100n),
          statistic('traffic', 'gib', 20_000n, 100n, 10_000n),
        ],
      },
      {
        id: '4',
        title: 'Project at a daily price',
        description: 'One price a day',
        period: '-50',
        cost: units,
        minimumMonths: 0,
        statistics: [],
      },
      {
        id: '5',
        title: 'Project for months',
        description: 'At least one month',
        period: '1',
        cost: 30n * units,
        minimumMonths: 1,
        statistics: [],
      },
    ],
    departments: [
      { id: '2', en: 'Support', ru: 'Техническая поддержка' },
      { id: '3', en: 'Accounting', ru: 'Бухгалтерия' },
    ],
    datacenters: [{ id: '1', name: 'First' }],
    lowMoneyDays: [10, 5, 4, 3, 2, 1, 0],
    taskTypes: { open: '3', setparam: '4', suspend: '4', resume: '4', prolong: '4', close: '5' },
  }
}
