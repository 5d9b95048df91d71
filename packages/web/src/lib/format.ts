/** Words and signs of numbers, money and time, as people of a language write them. Pure: the language and the time zone are given. */
export type FormatLanguage = 'en' | 'ru'
export type Format = ReturnType<typeof createFormat>

const months = {
  en: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
  ru: ['янв', 'фев', 'мар', 'апр', 'мая', 'июн', 'июл', 'авг', 'сен', 'окт', 'ноя', 'дек'],
}
const units = {
  en: {
    B: 'B',
    KiB: 'KiB',
    MiB: 'MiB',
    GiB: 'GiB',
    TiB: 'TiB',
    'Mbit/s': 'Mbit/s',
    ms: 'ms',
    s: 's',
    min: 'min',
    h: 'h',
    d: 'd',
    IOPS: 'IOPS',
  },
  ru: {
    B: 'Б',
    KiB: 'КиБ',
    MiB: 'МиБ',
    GiB: 'ГиБ',
    TiB: 'ТиБ',
    'Mbit/s': 'Мбит/с',
    ms: 'мс',
    s: 'с',
    min: 'мин',
    h: 'ч',
    d: 'дн.',
    IOPS: 'IOPS',
  },
}
export type Unit = keyof (typeof units)['en']

const space = '\u00a0'
const minus = '\u2212'

/** A decimal string as the wire has it: `"412.60"`, `"-0.000123"`. */
const decimalShape = /^-?\d+(\.\d+)?$/

export function createFormat(language: FormatLanguage, timeZone?: string) {
  const tag = language === 'en' ? 'en-US' : 'ru-RU'
  const made = new Map<string, Intl.NumberFormat>()
  const numbers = (options: Intl.NumberFormatOptions): Intl.NumberFormat => {
    const key = JSON.stringify(options)
    const found = made.get(key) ?? new Intl.NumberFormat(tag, options)
    made.set(key, found)
    return found
  }
  // Intl writes a hyphen; the direction asks for the minus sign, which is as wide as the plus.
  const signed = (text: string) => text.replace('-', minus)
  const exact = (amount: string): Intl.StringNumericLiteral => {
    if (!decimalShape.test(amount)) throw new RangeError(`"${amount}" is no decimal string`)
    return amount as Intl.StringNumericLiteral
  }
  const calendar = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  const read = (moment: string | number | Date) => {
    const parts = Object.fromEntries(calendar.formatToParts(new Date(moment)).map((part) => [part.type, part.value])) as Record<
      string,
      string
    >
    return {
      year: Number(parts.year),
      month: months[language][Number(parts.month) - 1] as string,
      monthNumber: Number(parts.month),
      day: Number(parts.day),
      clock: `${parts.hour}:${parts.minute}`,
      seconds: `${parts.hour}:${parts.minute}:${parts.second}`,
    }
  }

  const format = {
    /**
     * A sum with its currency: `€1,284.70`, `1 284,70 ₽`. `amount` is a decimal string and never becomes a float. Two places,
     * four for hourly rates (`places: 4`); what the ledger has beyond them is cut towards zero, so that nobody sees money that is not there.
     */
    money(amount: string, currency: string, { places = 2, sign = false }: { places?: number; sign?: boolean } = {}): string {
      const options: Intl.NumberFormatOptions = {
        style: 'currency',
        currency,
        currencyDisplay: 'narrowSymbol',
        minimumFractionDigits: places,
        maximumFractionDigits: places,
        roundingMode: 'trunc',
        signDisplay: sign ? 'exceptZero' : 'negative',
      }
      return signed(numbers(options).format(exact(amount)))
    },
    /** A sum without its currency, for columns whose head names it. */
    amount(amount: string, { places = 2, sign = false }: { places?: number; sign?: boolean } = {}): string {
      return signed(
        numbers({
          minimumFractionDigits: places,
          maximumFractionDigits: places,
          roundingMode: 'trunc',
          signDisplay: sign ? 'exceptZero' : 'negative',
        }).format(exact(amount)),
      )
    },
    /** `€`, `₽`: for heads of columns. */
    currencySign(currency: string): string {
      return (
        numbers({ style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
          .formatToParts(0)
          .find((part) => part.type === 'currency')?.value ?? currency
      )
    },
    number(value: number, places = 0): string {
      return signed(numbers({ minimumFractionDigits: 0, maximumFractionDigits: places }).format(value))
    },
    /** `share` of one: 0.62 is `62%`, in Russian `62 %`. */
    percent(share: number, places = 0): string {
      return `${format.number(share * 100, places)}${language === 'ru' ? space : ''}%`
    },
    /** A number with its unit: `80 GiB`, `80 ГиБ`. */
    quantity(value: number, unit: Unit, places = 1): string {
      return `${format.number(value, places)}${space}${units[language][unit]}`
    },
    unit: (unit: Unit): string => units[language][unit],
    /** Bytes in the largest unit that leaves at least one: `31.8 GiB`. */
    bytes(bytes: number): string {
      const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
      const power = Math.min(names.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
      return format.quantity(bytes / 1024 ** power, names[power] as Unit, power === 0 ? 0 : 1)
    },
    /** How long something took or takes, in two units at most: `0.04 s`, `5 min 48 s`, `7 h 27 min`. */
    duration(seconds: number): string {
      if (seconds < 10) return format.quantity(seconds, 's', seconds < 1 ? 2 : 1)
      const whole = Math.round(seconds)
      const pair = (large: Unit, count: number, small: Unit, rest: number) =>
        rest > 0 ? `${format.quantity(count, large, 0)} ${format.quantity(rest, small, 0)}` : format.quantity(count, large, 0)
      if (whole < 60) return format.quantity(whole, 's', 0)
      if (whole < 3600) return pair('min', Math.floor(whole / 60), 's', whole % 60)
      if (whole < 86_400) return pair('h', Math.floor(whole / 3600), 'min', Math.floor((whole % 3600) / 60))
      return pair('d', Math.floor(whole / 86_400), 'h', Math.floor((whole % 86_400) / 3600))
    },
    /** `0:57`, `12:03`: a clock that runs. */
    stopwatch(seconds: number): string {
      const whole = Math.max(0, Math.floor(seconds))
      const two = (value: number) => String(value).padStart(2, '0')
      const hours = Math.floor(whole / 3600)
      return hours > 0
        ? `${hours}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
        : `${Math.floor(whole / 60)}:${two(whole % 60)}`
    },
    /** `09:41` */
    clock: (moment: string | number | Date): string => read(moment).clock,
    /** `09:41:02` */
    clockSeconds: (moment: string | number | Date): string => read(moment).seconds,
    /** `22 Nov`; with the year when it is not this one, or when asked. */
    day(moment: string | number | Date, { year, now = Date.now() }: { year?: boolean; now?: number } = {}): string {
      const { day, month, year: written } = read(moment)
      return (year ?? written !== read(now).year) ? `${day} ${month} ${written}` : `${day} ${month}`
    },
    /** `22 Nov 2026, 09:41` */
    moment(moment: string | number | Date): string {
      const { day, month, year, clock } = read(moment)
      return `${day} ${month} ${year}, ${clock}`
    },
    /** `22 November`, `22 ноября`: dates in sentences. */
    dayLong: (moment: string | number | Date): string =>
      new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : tag, { timeZone, day: 'numeric', month: 'long' }).format(
        new Date(moment),
      ),
    /** `November 2026`, `ноябрь 2026` */
    month(moment: string | number | Date): string {
      const name = new Intl.DateTimeFormat(tag, { timeZone, month: 'long' }).format(new Date(moment))
      return `${name} ${read(moment).year}`
    },
    /** `Sunday 22 November 2026, 09:41` */
    full(moment: string | number | Date): string {
      const weekday = new Intl.DateTimeFormat(tag, { timeZone, weekday: 'long' }).format(new Date(moment))
      return `${weekday}${language === 'ru' ? ',' : ''} ${format.dayLong(moment)} ${read(moment).year}, ${read(moment).clock}`
    },
    /** `Mon`, `пн` */
    weekday: (moment: string | number | Date): string =>
      new Intl.DateTimeFormat(tag, { timeZone: 'UTC', weekday: 'short' }).format(new Date(moment)),
    /** The exact moment for hints, in UTC: `2026-11-22 09:41:02 UTC`. */
    utc: (moment: string | number | Date): string => `${new Date(moment).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    /** Relative within an hour (`12 s ago`, `in 4 min`), then the clock, then the date. */
    relative(moment: string | number | Date, now: number): string {
      const seconds = Math.round((now - new Date(moment).getTime()) / 1000)
      const size = Math.abs(seconds)
      if (size < 3600) {
        const length = size < 60 ? format.quantity(size, 's', 0) : format.quantity(Math.floor(size / 60), 'min', 0)
        if (language === 'en') return seconds >= 0 ? `${length} ago` : `in ${length}`
        return seconds >= 0 ? `${length} назад` : `через ${length}`
      }
      const then = read(moment)
      const today = read(now)
      if (then.day === today.day && then.monthNumber === today.monthNumber && then.year === today.year) return then.clock
      return then.year === today.year ? `${then.day} ${then.month}, ${then.clock}` : `${then.day} ${then.month} ${then.year}`
    },
    /** Compares as people sort: web-2 before web-10. */
    compare: new Intl.Collator(tag, { numeric: true, sensitivity: 'base' }).compare,
  }
  return format
}

/** Compares two decimal strings exactly. */
export function compareDecimals(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => {
    const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
    const value = BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, '0').slice(0, 12))
    return text.startsWith('-') ? -value : value
  }) as [bigint, bigint]
  return x < y ? -1 : x > y ? 1 : 0
}
