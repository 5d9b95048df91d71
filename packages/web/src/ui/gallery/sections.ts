import { Boxes, ChartLine, FormInput, ListChecks, MessageSquare, Rows3, SquareStack, TableProperties } from 'lucide-vue-next'
import type { Component } from 'vue'
import type { IconOf } from '../types.ts'

const page = (load: () => Promise<{ default: Component }>) => load

/** Each section is a page of the gallery. */
export const sections: { key: string; en: string; ru: string; icon: IconOf; page: () => Promise<{ default: Component }> }[] = [
  { key: 'basics', en: 'Basics', ru: 'Основы', icon: Boxes, page: page(() => import('./Basics.vue')) },
  { key: 'fields', en: 'Fields', ru: 'Поля', icon: FormInput, page: page(() => import('./Fields.vue')) },
  { key: 'choices', en: 'Choices', ru: 'Выбор', icon: ListChecks, page: page(() => import('./Choices.vue')) },
  { key: 'feedback', en: 'Feedback', ru: 'Сообщения', icon: MessageSquare, page: page(() => import('./Feedback.vue')) },
  { key: 'overlays', en: 'Overlays', ru: 'Поверх страницы', icon: SquareStack, page: page(() => import('./Overlays.vue')) },
  { key: 'table', en: 'Table', ru: 'Таблица', icon: TableProperties, page: page(() => import('./Servers.vue')) },
  { key: 'long', en: '10,000 rows', ru: '10 000 строк', icon: Rows3, page: page(() => import('./Long.vue')) },
  { key: 'charts', en: 'Charts and money', ru: 'Графики и деньги', icon: ChartLine, page: page(() => import('./Charts.vue')) },
]
