import { type Context, writeFor } from './context.ts'
import type { Customer } from './customers.ts'
import { readMoment } from './dates.ts'
import { splitMarker, withMarker } from './marker.ts'
import { type Outcome, refused } from './outcome.ts'
import type { Row } from './protocol/document.ts'
import { worldly } from './protocol/errors.ts'
import type { UploadedFile } from './protocol/form.ts'
import { collect, rowsOf } from './protocol/list.ts'

export interface Department {
  id: string
  name: string
}

export interface Ticket {
  id: string
  /** Without our marker. */
  subject: string
  key: string | undefined
  /** As the panel shows it, in its language. */
  status: string
  lastMessageAt: Date | undefined
  unread: boolean
}

export interface NewTicket {
  subject: string
  message: string
  departmentId: string
  serviceId?: string
  files?: UploadedFile[]
  /** Ours; kept in the subject. */
  key: string
  /** When this ticket was sent last, for after a restart. */
  sentAt?: Date | undefined
}

export interface Message {
  /** `outcoming` [sic] is the client's own in the client's view; `info` and `system` are the panel's notes. */
  from: 'client' | 'staff' | 'system'
  at: Date | undefined
  text: string
  author: string
  files: { id: string; name: string }[]
}

export interface TicketWithMessages {
  id: string
  subject: string
  key: string | undefined
  messages: Message[]
}

const senders: Record<string, Message['from']> = { outcoming: 'client', incoming: 'staff' }

export function ticketsOf(context: Context) {
  const { panel, settings } = context

  const fromRow = (row: Row): Ticket | undefined => {
    const id = row.id('id')
    if (id === undefined) return undefined
    const { text, key } = splitMarker(row.text('name'))
    return {
      id,
      subject: text,
      key,
      status: row.text('tstatus'),
      lastMessageAt: readMoment(row.text('last_message'), settings.utcOffset),
      unread: row.flag('unread'),
    }
  }

  const messageFrom = (row: Row): Message => ({
    from: senders[row.attribute('type')] ?? 'system',
    at: readMoment(row.text('date_post'), settings.utcOffset),
    // A note of the panel keeps its text in the first row of its first group (billing-typescript, MessageItem).
    text: row.text('body') || (row.rows('rowgroup')[0]?.text('row') ?? ''),
    author: row.rows('user')[0]?.text('realname') ?? '',
    files: row.rows('file').flatMap((file) => {
      const id = file.id('param')
      return id === undefined ? [] : [{ id, name: file.text('name') }]
    }),
  })

  async function departments(customer: Customer): Promise<Department[]> {
    const form = await panel.call('clientticket.edit', {}, { su: customer.login })
    return form.options('client_department').map(({ key, text }) => ({ id: key, name: text }))
  }

  const list = (customer: Customer, options: { archived?: boolean } = {}): Promise<Ticket[]> =>
    collect(
      rowsOf(panel, options.archived ? 'clientticket_archive' : 'clientticket', {}, { su: customer.login, newestFirst: true }),
      fromRow,
    )

  /** A ticket with its messages, oldest first. @throws BillmanagerError not_found */
  async function get(customer: Customer, id: string): Promise<TicketWithMessages> {
    const form = await panel.call('clientticket.edit', { elid: id }, { su: customer.login })
    const { text, key } = splitMarker(form.text('name') || form.text('subject'))
    return { id, subject: text, key, messages: form.inner('mlist', 'messages', 'message').map(messageFrom) }
  }

  /** Opens a ticket; the key goes into its subject, so that it is opened once. */
  async function create(customer: Customer, ticket: NewTicket): Promise<Outcome<Ticket>> {
    let subject: string
    try {
      subject = withMarker(ticket.subject, ticket.key)
    } catch (error) {
      return refused(worldly(error))
    }
    const find = async (): Promise<Ticket | undefined> =>
      (await list(customer)).find(({ key }) => key === ticket.key) ??
      (await list(customer, { archived: true })).find(({ key }) => key === ticket.key)
    return writeFor(context, customer.accountId, {
      name: 'clientticket.edit',
      key: ticket.key,
      sentAt: ticket.sentAt,
      find,
      act: () =>
        panel.call(
          'clientticket.edit',
          {
            subject,
            message: ticket.message,
            client_department: ticket.departmentId,
            ticket_item: ticket.serviceId ?? 'null',
            sok: 'ok',
          },
          { su: customer.login, ...(ticket.files ? { files: ticket.files } : {}) },
        ),
      look: find,
    })
  }

  /** Answers in a ticket. Believed when one more message of the client has this text. */
  function reply(customer: Customer, id: string, answer: { message: string; files?: UploadedFile[] }): Promise<Outcome<Message>> {
    const own = async (): Promise<Message[]> =>
      (await get(customer, id)).messages.filter(
        ({ from, text }) => from === 'client' && squeeze(text) === squeeze(answer.message),
      )
    return writeFor(context, customer.accountId, {
      name: 'clientticket.edit',
      before: async () => (await own()).length,
      act: () =>
        panel.call(
          'clientticket.edit',
          { elid: id, message: answer.message, sok: 'ok' },
          { su: customer.login, ...(answer.files ? { files: answer.files } : {}) },
        ),
      look: async (_, before) => {
        const now = await own()
        return before !== undefined && now.length > before ? now.at(-1) : undefined
      },
    })
  }

  /** Closes a ticket, which moves it to the archive. */
  function archive(customer: Customer, id: string): Promise<Outcome<Ticket>> {
    const archived = async (): Promise<Ticket | undefined> =>
      (await list(customer, { archived: true })).find((ticket) => ticket.id === id)
    return writeFor(context, customer.accountId, {
      name: 'clientticket.archive',
      find: archived,
      act: () => panel.call('clientticket.archive', { elid: id, sok: 'ok' }, { su: customer.login }),
      look: archived,
    })
  }

  /** The bytes of a file of a message. @throws BillmanagerError */
  const file = (customer: Customer, id: string): Promise<Buffer> =>
    panel.bytes('ticket.file', { elid: id }, { su: customer.login })

  return { departments, list, get, create, reply, archive, file }
}

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim()
