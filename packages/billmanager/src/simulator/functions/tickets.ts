import { type Answer, type Call, document, listAnswer, ok, okWithId, type PanelFunction, selectList } from '../call.ts'
import { el, type El, parent } from '../element.ts'
import type { Ticket } from '../entities.ts'
import { badValue, missing } from '../refusal.ts'
import { shownMoment } from '../world.ts'

/** The largest file that a ticket takes, as the panel's own portal says. */
const maxFileBytes = 10_000_000

function ticketOf(call: Call): Ticket {
  const ticket = call.thing('ticket')
  if (!ticket || !call.owns(ticket.accountId)) throw missing('elid')
  return ticket
}

export const ticketFunctions: Record<string, PanelFunction> = {
  clientticket: { level: 16, run: (call) => clientList(call, false) },
  clientticket_archive: { level: 16, run: (call) => clientList(call, true) },

  'clientticket.edit': {
    level: 16,
    isForm: true,
    fields: ['subject', 'message', 'client_department', 'ticket_item'],
    run(call) {
      const { store, catalogue } = call.world
      if (call.idParam('elid') !== undefined)
        return call.sent ? say(call, ticketOf(call), 'client') : ticketForm(call, ticketOf(call))
      if (!call.sent)
        return document(
          selectList(
            'client_department',
            catalogue.departments.map((department) => ({ key: department.id, text: call.say(department) })),
          ),
          selectList('ticket_item', [
            { key: 'null', text: '--' },
            ...store
              .seen('item')
              .filter(({ accountId, status }) => accountId === call.account.id && status !== '4')
              .map(({ id, name }) => ({ key: id, text: name })),
          ]),
        )
      const [subject, departmentId, itemId] = [
        call.param('subject'),
        call.param('client_department'),
        call.idParam('ticket_item'),
      ]
      if (subject === '') throw badValue('subject', '')
      if (!catalogue.departments.some(({ id }) => id === departmentId)) throw badValue('client_department', departmentId)
      if (itemId !== undefined && store.get('item', itemId)?.accountId !== call.account.id) throw badValue('ticket_item', itemId)
      const now = call.world.now().toISOString()
      const ticket = store.put('ticket', {
        id: store.nextId('ticket'),
        accountId: call.account.id,
        subject: subject.slice(0, 255),
        departmentId,
        itemId,
        archived: false,
        createdAt: now,
        lastMessageAt: now,
        unreadByClient: false,
        unreadByStaff: true,
      })
      say(call, ticket, 'client')
      return okWithId(ticket.id)
    },
  },

  'clientticket.archive': {
    level: 16,
    run(call) {
      const { store } = call.world
      const ticket = store.put('ticket', { ...ticketOf(call), archived: true })
      const body = call.say({ en: 'The ticket is closed', ru: 'Запрос закрыт' })
      store.put('message', {
        id: store.nextId('message'),
        ticketId: ticket.id,
        from: 'info',
        userId: undefined,
        body,
        at: call.world.now().toISOString(),
        fileIds: [],
      })
      return ok()
    },
  },

  'ticket.file': {
    level: 16,
    run(call) {
      const file = call.thing('file')
      if (!file || !call.owns(file.accountId)) throw missing('elid')
      return {
        kind: 'bytes',
        type: file.type || 'application/octet-stream',
        name: file.name,
        make: () => Buffer.from(file.base64, 'base64'),
      }
    },
  },

  ticket: {
    level: 28,
    run: (call) =>
      listAnswer(
        call,
        call.world.store
          .seen('ticket')
          .filter(({ archived }) => !archived)
          .map((ticket) => ({
            id: ticket.id,
            ticket: ticket.id,
            name: ticket.subject,
            client: call.world.store.get('account', ticket.accountId)?.name ?? '',
            date_start: shownMoment(ticket.createdAt),
            last_message: shownMoment(ticket.lastMessageAt),
            queue: call.world.catalogue.departments.find(({ id }) => id === ticket.departmentId)?.en ?? '',
            unread: ticket.unreadByStaff ? 'on' : 'off',
          })),
      ),
  },

  'ticket.edit': {
    level: 28,
    isForm: true,
    fields: ['message', 'note_message'],
    run: (call) => (call.sent ? say(call, ticketOf(call), 'staff') : ticketForm(call, ticketOf(call))),
  },
}

const clientList = (call: Call, archived: boolean): Answer =>
  listAnswer(
    call,
    call.world.store
      .seen('ticket')
      .filter((ticket) => ticket.archived === archived && ticket.accountId === call.account.id)
      .map((ticket) => ({
        id: ticket.id,
        name: ticket.subject,
        tstatus: call.say(
          archived
            ? { en: 'Archive', ru: 'В архиве' }
            : ticket.unreadByStaff
              ? { en: 'Waiting for an answer', ru: 'Ожидает ответа' }
              : { en: 'Answered', ru: 'Есть ответ' },
        ),
        last_message: shownMoment(ticket.lastMessageAt),
        unread: ticket.unreadByClient ? 'on' : 'off',
      })),
  )

function say(call: Call, ticket: Ticket, from: 'client' | 'staff'): Answer {
  const { world } = call
  const { store } = world
  const body = call.param('message')
  if (body === '' && call.files.length === 0) throw badValue('message', '')
  if (call.files.some(({ bytes }) => bytes.length > maxFileBytes)) throw badValue('file_1', '')
  const now = world.now().toISOString()
  const fileIds = call.files.map(
    ({ name, type, bytes }) =>
      store.put('file', { id: store.nextId('file'), accountId: ticket.accountId, name, type, base64: bytes.toString('base64') })
        .id,
  )
  store.put('message', { id: store.nextId('message'), ticketId: ticket.id, from, userId: call.user.id, body, at: now, fileIds })
  store.put('ticket', {
    ...ticket,
    archived: false,
    lastMessageAt: now,
    unreadByClient: from === 'staff',
    unreadByStaff: from === 'client',
  })
  return ok()
}

/** A ticket as its form shows it. `outcoming` [sic] is what the side that looks has written. */
function ticketForm(call: Call, ticket: Ticket): Answer {
  const { store } = call.world
  const own = call.isStaff ? 'staff' : 'client'
  if (!call.isStaff && ticket.unreadByClient) store.put('ticket', { ...ticket, unreadByClient: false })
  const messages = store.seen('message').filter(({ ticketId }) => ticketId === ticket.id)
  return document(
    el('elid', ticket.id),
    el('name', ticket.subject),
    parent(
      'mlist',
      messages.map(({ id, from, userId, body, at, fileIds }): El => {
        const type = from === 'info' ? 'info' : from === own ? 'outcoming' : 'incoming'
        const text = from === 'info' ? parent('rowgroup', [el('row', body)]) : el('body', body)
        const files = fileIds.map((fileId) =>
          parent('file', [el('name', store.get('file', fileId)?.name ?? ''), el('param', fileId)]),
        )
        return parent(
          'message',
          [
            el('date_post', shownMoment(at)),
            text,
            parent('user', [el('realname', store.get('user', userId)?.realname ?? '')]),
            ...files,
          ],
          { type, id },
        )
      }),
      { name: 'messages' },
    ),
  )
}
