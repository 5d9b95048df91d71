import { format, t } from '../../i18n/index.ts'
import type { OrderField, OrderMistake } from './order.ts'

/** What is wrong with a field, and what is allowed. `unit` is GiB where the field is a size. */
export function mistakeWords(
  mistake: OrderMistake,
  { field, imageName = '' }: { field?: OrderField; imageName?: string } = {},
): string {
  const isSize = field === 'ram' || field === 'system' || field?.startsWith('volume') === true
  const size = (value: number) => (isSize ? format.quantity(value, 'GiB') : format.number(value))
  switch (mistake.code) {
    case 'imageMissing':
      return t('create.imageMissing')
    case 'range':
      return t('create.range', { min: size(mistake.min), max: size(mistake.max) })
    case 'belowImage':
      return t('create.belowImage', { image: imageName, min: size(mistake.min) })
    case 'nameEmpty':
      return t('create.nameEmpty')
    case 'nameLong':
      return t('create.nameLong', { max: mistake.max })
    case 'nameShape':
      return t('create.nameShape')
    case 'userDataLong':
      return t('create.userDataLong', { max: format.number(mistake.max) })
  }
}

/** A corrected value that can be taken with one press. */
export const suggestionIn = (mistake: OrderMistake | undefined): string | undefined =>
  mistake?.code === 'nameShape' ? mistake.suggestion : mistake?.code === 'belowImage' ? String(mistake.min) : undefined
