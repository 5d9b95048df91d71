import type { ServerCreate } from '@straylight/api'
import { type Line, skuOfStorage } from '../metering/index.ts'

// Which state is charged for what is written in docs/money.md.
export const computeLines = (server: { vcpus: number; ram_gib: number }): Line[] => [
  { sku: 'vcpu', quantity: server.vcpus },
  { sku: 'ram_gib', quantity: server.ram_gib },
]
export const volumeLine = (volume: { storage_type: keyof typeof skuOfStorage; size_gib: number }): Line => ({
  sku: skuOfStorage[volume.storage_type],
  quantity: volume.size_gib,
})
export const addressLine = (): Line => ({ sku: 'address_v4', quantity: 1 })

/** What an order costs once it runs, by which it is priced, held for and later charged. */
export const orderLines = (order: ServerCreate): Line[] => [
  ...computeLines({ vcpus: order.flavor.vcpus, ram_gib: order.flavor.ram }),
  ...order.storages.map((storage) => volumeLine({ storage_type: storage.storage_type, size_gib: storage.size })),
  ...order.addresses.map(addressLine),
]
