import { el, type El, parent } from './element.ts'

/** The panel refuses. Becomes its error document; the HTTP status stays 200. */
export class PanelRefusal extends Error {
  readonly type: string
  readonly object: string
  readonly params: Record<string, string>
  constructor(type: string, object = '', params: Record<string, string> = {}) {
    super(`${type}/${object}`)
    this.type = type
    this.object = object
    this.params = params
  }
}

export const refuse = (type: string, object = '', params: Record<string, string> = {}): PanelRefusal =>
  new PanelRefusal(type, object, params)
export const missing = (object: 'elid' | 'func' | 'user' | 'item'): PanelRefusal => refuse('missed', object)
export const badValue = (field: string, value: string): PanelRefusal => refuse('value', field, { object: field, value })
export const noAccess = (func: string): PanelRefusal => refuse('access', func)

type Texts = Record<string, { en: string; ru: string }>

/** `__name__` is filled in from the parameters, as the panel's own templates are. */
const texts: Texts = {
  'auth/badpassword': { en: 'Invalid username or password', ru: 'Неверное имя пользователя или пароль' },
  'auth/badip': { en: 'Access from this IP denied', ru: 'Доступ с этого IP-адреса запрещён' },
  'auth/blocklogon': { en: 'Too many failed attempts', ru: 'Слишком много неудачных попыток' },
  access: {
    en: "Insufficient privileges to perform '__object__'",
    ru: "У вас недостаточно прав на выполнение функции '__object__'",
  },
  'missed/func': { en: "Function '__value__' does not exist", ru: "Функция '__value__' не найдена" },
  missed: { en: "'__object__' does not exist", ru: "'__object__' не существует" },
  value: {
    en: "The '__object__' field has invalid value. __value__",
    ru: "Поле '__object__' имеет недопустимое значение. __value__",
  },
  exists: { en: "'__object__' already exists", ru: "'__object__' уже существует" },
  not_enough_money: {
    en: 'insufficient funds to complete the operation. Required amount __amount__ __currency__. Your current balance: __have__ __currency__, credit limit __limit__',
    ru: 'недостаточно средств для выполнения операции. Требуется __amount__ __currency__. Текущий баланс: __have__ __currency__, кредитный лимит __limit__',
  },
  runningoperation: { en: 'An operation with this service is already running', ru: 'С услугой уже выполняется операция' },
  stat_addon_over_limit: { en: 'The limit of the resource is exceeded', ru: 'Превышен предел ресурса' },
  min_email_send_timeout: {
    en: 'The next letter can be sent in __value__ seconds',
    ru: 'Следующее письмо можно отправить через __value__ с',
  },
  payer_has_payments: {
    en: 'You cannot delete the payer who already made payments',
    ru: 'Нельзя удалить плательщика, у которого есть платежи',
  },
  promise_open: { en: 'A promised payment is not paid yet', ru: 'Предыдущий обещанный платёж не погашен' },
}

/** The document of a refusal, in the shape of https://www.ispsystem.com/docs/coremanager/developer-section/general-specifications/errors */
export function refusalElement(
  refusal: PanelRefusal,
  func: string,
  who: { level: number; login: string },
  lang: 'en' | 'ru',
): El {
  const { type, object, params } = refusal
  const template = (texts[`${type}/${object}`] ?? texts[type] ?? { en: type, ru: type })[lang]
  const facts: Record<string, string> = { object, ...params }
  const filled = template.replace(/__(\w+?)__/g, (_, name: string) => facts[name] ?? '')
  return parent(
    'error',
    [
      ...Object.entries(params).map(([name, value]) => el('param', value, { name })),
      parent('stack', [el('action', func, { level: String(who.level), user: who.login })]),
      el('group', template),
      el('msg', filled.trim()),
    ],
    { type, object, lang, code: '1', ...(type === 'stat_addon_over_limit' ? { value: '' } : {}) },
  )
}
