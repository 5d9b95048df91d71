declare module '../foundation/db.ts' {
  interface Tables {
    price_version: PriceVersionTable
    price: PriceTable
    meter: MeterTable
  }
}

interface PriceVersionTable {
  id: string
  valid_from: Date
}

interface PriceTable {
  version_id: string
  sku: string
  currency: string
  unit: string
  unit_hour_micros: bigint
}

interface MeterTable {
  id: string
  account_id: string
  project_id: string
  resource_type: string
  resource_id: string
  resource_name: string
  sku: string
  unit: string
  quantity: bigint
  currency: string
  price_version_id: string
  unit_hour_micros: bigint
  opened_at: Date
  closed_at: Date | null
}
