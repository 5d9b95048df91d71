import { translationOf } from '../catalogue.ts'
import type english from '../en/images.ts'

export default translationOf<typeof english>()({
  title: 'Образы',
  lead: 'Системы, из которых создаётся сервер; бесплатны',
  search: 'Название или система',
  name: 'Название',
  system: 'Система',
  minDisk: 'Диск от, {unit}',
  minRam: 'Память от, {unit}',
  create: 'Создать сервер',
  count: '{count, plural, one {# образ} few {# образа} many {# образов} other {# образа}}',
  emptyTitle: 'Образов нет',
  emptyText: 'Образ — система, из которой создаётся сервер. Их добавляет оператор.',
  nothingFound: 'Под этот поиск не подходит ни один образ',
})
