import type { Price } from '@straylight/api'
import { format, t } from '../../../i18n/index.ts'

/** A line of a price in words: "4 vCPU", "Network disk, 80 GiB". An SKU that this app does not know is told by its name. */
export function lineWords({ sku, quantity }: Pick<Price['lines'][number], 'sku' | 'quantity'>): string {
  switch (sku) {
    case 'vcpu':
      return t('create.line_vcpu', { quantity })
    case 'ram_gib':
      return t('create.line_ram', { quantity: format.quantity(quantity, 'GiB') })
    case 'volume_gib':
      return t('create.line_volume', { quantity: format.quantity(quantity, 'GiB') })
    case 'volume_gib_local':
      return t('create.line_local', { quantity: format.quantity(quantity, 'GiB') })
    case 'address_v4':
      return t('create.line_address')
    default:
      return `${sku} × ${format.number(quantity)}`
  }
}
