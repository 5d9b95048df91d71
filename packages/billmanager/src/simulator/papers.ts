import { readFileSync } from 'node:fs'
import PDFDocument from 'pdfkit'
import type { Contract, Expense, Invoice, Payment } from './entities.ts'
import { taxIn } from './purse.ts'
import type { World } from './world.ts'

/** The panel's printed papers: real PDFs, in the language asked for. */

type Language = 'en' | 'ru'
interface Texts {
  en: string
  ru: string
}

const font = readFileSync(new URL('./font/document-sans.ttf', import.meta.url))
const margin = 56
const ink = '#1b1b1f'
const faint = '#6b6b76'

const words = {
  bill: { en: 'Bill', ru: 'Счёт на оплату' },
  act: { en: 'Act of services rendered', ru: 'Акт об оказании услуг' },
  contract: { en: 'Contract', ru: 'Договор' },
  number: { en: 'No.', ru: '№' },
  of: { en: 'of', ru: 'от' },
  provider: { en: 'Provider', ru: 'Исполнитель' },
  payer: { en: 'Customer', ru: 'Заказчик' },
  period: { en: 'Period', ru: 'Период' },
  due: { en: 'Due on', ru: 'Срок оплаты' },
  service: { en: 'Service', ru: 'Услуга' },
  sum: { en: 'Amount', ru: 'Сумма' },
  total: { en: 'Total', ru: 'Итого' },
  tax: { en: 'of it tax', ru: 'в том числе НДС' },
  topUp: { en: 'Payment for services', ru: 'Оплата услуг' },
  paid: { en: 'Paid', ru: 'Оплачен' },
  unpaid: { en: 'Not paid', ru: 'Не оплачен' },
  terms: {
    en: 'The provider renders cloud services, the customer pays for what was used. Usage is priced day by day.',
    ru: 'Исполнитель оказывает облачные услуги, заказчик оплачивает фактическое потребление. Потребление тарифицируется посуточно.',
  },
} satisfies Record<string, Texts>

interface Sheet {
  title: string
  facts: [label: string, value: string][]
  lines: [text: string, sum: string][]
  totals: [text: string, sum: string][]
  paragraphs: string[]
}

const providerName = { en: 'Simulated provider', ru: 'Условный исполнитель' }

export function printBill(world: World, payment: Payment, lang: Language): Promise<Buffer> {
  const sum = world.money(payment.amount, payment.currency)
  return print(world, lang, {
    title: titled(words.bill, payment.number, payment.createdAt, lang),
    facts: parties(world, payment.accountId, payment.profileId, lang),
    lines: [[words.topUp[lang], sum]],
    totals: [[words.total[lang], sum]],
    paragraphs: [payment.status === 4 ? words.paid[lang] : words.unpaid[lang]],
  })
}

export function printInvoice(world: World, invoice: Invoice, lang: Language): Promise<Buffer> {
  const expenses = world.store
    .all('expense')
    .filter((one) => one.accountId === invoice.accountId && one.realDay >= invoice.fromDay && one.realDay <= invoice.toDay)
  const tax = expenses.reduce((sum, { amount, taxRate }) => sum + taxIn(amount, taxRate), 0n)
  const profileId = world.store.find('profile', (one) => one.accountId === invoice.accountId)?.id ?? ''
  return print(world, lang, {
    title: titled(words.act, invoice.number, invoice.createdOn, lang),
    facts: [
      ...parties(world, invoice.accountId, profileId, lang),
      [words.period[lang], `${invoice.fromDay} – ${invoice.toDay}`],
      [words.due[lang], invoice.dueOn],
    ],
    lines: summed(expenses).map(([name, amount]) => [name, world.money(amount, invoice.currency)]),
    totals: [
      [words.total[lang], world.money(invoice.amount, invoice.currency)],
      [words.tax[lang], world.money(tax, invoice.currency)],
    ],
    paragraphs: [invoice.paid ? words.paid[lang] : words.unpaid[lang]],
  })
}

export function printContract(world: World, contract: Contract, lang: Language): Promise<Buffer> {
  return print(world, lang, {
    title: titled(words.contract, contract.number, contract.signedOn, lang),
    facts: parties(world, contract.accountId, contract.profileId, lang),
    lines: [],
    totals: [],
    paragraphs: [words.terms[lang]],
  })
}

const titled = (kind: Texts, number: string, at: string, lang: Language): string =>
  `${kind[lang]} ${words.number[lang]} ${number} ${words.of[lang]} ${at.slice(0, 10)}`

function parties(world: World, accountId: string, profileId: string, lang: Language): [string, string][] {
  const payer = world.store.get('profile', profileId)?.name ?? world.store.get('account', accountId)?.name ?? ''
  return [
    [words.provider[lang], providerName[lang]],
    [words.payer[lang], payer],
  ]
}

/** Charges of the same service, less our own markers, as one line. */
function summed(expenses: Expense[]): [string, bigint][] {
  const sums = new Map<string, bigint>()
  for (const { name, amount } of expenses) {
    const line = name.replace(/\s*#u:\S+$/, '').replace(/\s*\d{4}-\d{2}-\d{2}(T\d{2})?$/, '')
    sums.set(line, (sums.get(line) ?? 0n) + amount)
  }
  return [...sums]
}

function print(world: World, lang: Language, { title, facts, lines, totals, paragraphs }: Sheet): Promise<Buffer> {
  const pdf = new PDFDocument({
    size: 'A4',
    margin,
    lang,
    info: { Title: title, Producer: 'Straylight', Creator: 'Straylight', CreationDate: world.now() },
  })
  const chunks: Buffer[] = []
  const done = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk) => chunks.push(chunk))
    pdf.on('end', () => resolve(Buffer.concat(chunks)))
    pdf.on('error', reject)
  })
  const width = pdf.page.width - 2 * margin
  const bottom = pdf.page.height - margin
  pdf.registerFont('document', font).font('document')

  pdf.fontSize(18).fillColor(ink).text(title, margin, margin, { width })
  pdf.moveDown(1)
  for (const [label, value] of facts) {
    const y = pdf.y
    pdf.fontSize(10).fillColor(faint).text(label, margin, y, { width: 120 })
    pdf.fillColor(ink).text(value, margin + 130, y, { width: width - 130 })
  }
  pdf.moveDown(1)

  const row = (text: string, sum: string, color: string): void => {
    if (pdf.y > bottom - 24) pdf.addPage()
    const y = pdf.y
    const height = pdf.heightOfString(text, { width: width - 130 })
    pdf.fillColor(color).text(text, margin, y, { width: width - 130 })
    pdf.text(sum, margin + width - 120, y, { width: 120, align: 'right' })
    pdf.y = y + height + 6
  }
  const rule = (): void => {
    pdf
      .strokeColor('#c9c9d1')
      .lineWidth(0.5)
      .moveTo(margin, pdf.y)
      .lineTo(margin + width, pdf.y)
      .stroke()
    pdf.y += 6
  }
  if (lines.length > 0) {
    row(words.service[lang], words.sum[lang], faint)
    rule()
    for (const [text, sum] of lines) row(text, sum, ink)
    rule()
    for (const [text, sum] of totals) row(text, sum, ink)
  }
  pdf.moveDown(1)
  for (const paragraph of paragraphs) pdf.fillColor(ink).text(paragraph, margin, pdf.y, { width })
  pdf.end()
  return done
}
