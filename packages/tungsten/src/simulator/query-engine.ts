import { Refused } from './refusal.ts'
import { reportEveryMs } from './timing.ts'
import type { Plug, Traffic } from './traffic.ts'
import type { World } from './world.ts'

type Row = Record<string, string | number>
interface Condition {
  name: string
  value: string | number
  op: number
  value2?: string | number
}

/** Tables of statistics that the simulated query engine keeps: one row per interface and report. */
export const tables = ['StatTable.VMIStats.raw_if_stats', 'StatTable.VMIStats.fip_diff_stats'] as const

/** The subset of the query language that a portal uses: time range, selected fields with aggregates and buckets, conditions, order and limit. */
export function runQuery(world: World, traffic: Traffic, query: Record<string, unknown>): Row[] {
  const table = String(query.table ?? '')
  if (!(tables as readonly string[]).includes(table)) throw new Refused(404, `Table ${table} not found`)
  const nowMs = world.clock.now().getTime()
  const [from, to] = [momentMs(query.start_time, nowMs), momentMs(query.end_time, nowMs)]
  const where = (query.where as Condition[][] | undefined) ?? []
  const rows = traffic
    .plugs()
    .flatMap((plug) => rowsOf(world, traffic, table, plug, from, to))
    .filter((row) => where.length === 0 || where.some((term) => term.every((condition) => holds(row, condition))))
  const selected = select(rows, (query.select_fields as string[] | undefined) ?? [])
  const kept = selected.filter((row) =>
    ((query.filter as Condition[] | undefined) ?? []).every((condition) => holds(row, condition)),
  )
  const sorted = sort(kept, (query.sort_fields as string[] | undefined) ?? [], query.sort === 2)
  return typeof query.limit === 'number' ? sorted.slice(0, query.limit) : sorted
}

/** Microseconds since the epoch, or `now-10m`. */
function momentMs(moment: unknown, nowMs: number): number {
  if (typeof moment === 'number') return moment / 1000
  const text = String(moment ?? 'now')
  if (/^\d+$/.test(text)) return Number(text) / 1000
  const relative = /^now(?:-(\d+)([smhd]))?$/.exec(text)
  if (!relative) throw new Refused(400, `Error: Invalid time ${text}`)
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[relative[2] ?? 's'] ?? 1000
  return nowMs - Number(relative[1] ?? 0) * unitMs
}

function rowsOf(world: World, traffic: Traffic, table: string, plug: Plug, fromMs: number, toMs: number): Row[] {
  const port = world.store.get(plug.interfaceId)
  if (!port) return []
  const rows: Row[] = []
  const about = {
    Source: plug.host,
    name: port.fq_name.join(':'),
    vm_uuid: port.references.virtual_machine_refs?.[0]?.uuid ?? '',
    vm_name: String(port.properties.display_name ?? ''),
  }
  const first = Math.ceil(Math.max(fromMs, plug.sinceMs) / reportEveryMs) * reportEveryMs
  for (let atMs = first; atMs <= toMs; atMs += reportEveryMs) {
    const time = { T: atMs * 1000 }
    if (table === 'StatTable.VMIStats.raw_if_stats') {
      rows.push({ ...time, ...about, ...prefixed('raw_if_stats', traffic.counts(plug, atMs)) })
      continue
    }
    for (const ip of world.store.referrers(port.uuid, 'floating-ip')) {
      const address = String(ip.properties.floating_ip_address)
      const [now, before] = [traffic.counts(plug, atMs, address), traffic.counts(plug, atMs - reportEveryMs, address)]
      const passed = Object.fromEntries(
        Object.entries(now).map(([name, value]) => [name, Math.max(0, value - before[name as keyof typeof before])]),
      )
      rows.push({
        ...time,
        ...about,
        ...prefixed('fip_diff_stats', { ...passed, ip_address: address, virtual_network: ip.fq_name.slice(0, -2).join(':') }),
      })
    }
  }
  return rows
}

const prefixed = (prefix: string, fields: object): Row =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${prefix}.${name}`, value as string | number]))

function holds(row: Row, { name, value, op, value2 }: Condition): boolean {
  const actual = row[name]
  if (actual === undefined) return false
  switch (op) {
    case 1:
      return String(actual) === String(value)
    case 2:
      return String(actual) !== String(value)
    case 3:
      return Number(actual) >= Number(value) && Number(actual) <= Number(value2)
    case 5:
      return Number(actual) <= Number(value)
    case 6:
      return Number(actual) >= Number(value)
    case 7:
      return String(actual).startsWith(String(value))
    case 8:
      return new RegExp(String(value)).test(String(actual))
    default:
      return false
  }
}

const aggregate = /^(SUM|MAX|MIN|AVG|COUNT)\((.+)\)$/

/** With an aggregate or a bucket (`T=60`), rows that agree in everything else become one. */
function select(rows: Row[], fields: string[]): Row[] {
  const bucket = fields.map((field) => /^T=(\d+)$/.exec(field)?.[1]).find((seconds) => seconds !== undefined)
  const aggregates = fields.filter((field) => aggregate.test(field))
  const plain = fields.filter((field) => !aggregate.test(field) && !/^T=/.test(field))
  const keyed = rows.map((row) => {
    const key: Row = {}
    for (const field of plain) if (row[field] !== undefined) key[field] = row[field]
    if (bucket !== undefined) {
      const width = Number(bucket) * 1_000_000
      key.T = Math.floor(Number(row.T) / width) * width
      key['T='] = key.T
    }
    return { key, row }
  })
  if (aggregates.length === 0 && bucket === undefined) return keyed.map(({ key }) => key)
  const groups = new Map<string, { key: Row; rows: Row[] }>()
  for (const { key, row } of keyed) {
    const id = JSON.stringify(key)
    const group = groups.get(id) ?? { key, rows: [] }
    group.rows.push(row)
    groups.set(id, group)
  }
  return [...groups.values()].map(({ key, rows: members }) => ({
    ...key,
    ...Object.fromEntries(aggregates.map((field) => [field, aggregated(field, members)])),
  }))
}

function aggregated(field: string, rows: Row[]): number {
  const [, kind, name = ''] = aggregate.exec(field) as RegExpExecArray
  const values = rows.map((row) => Number(row[name] ?? 0))
  const total = values.reduce((sum, value) => sum + value, 0)
  switch (kind) {
    case 'SUM':
      return total
    case 'MAX':
      return Math.max(...values)
    case 'MIN':
      return Math.min(...values)
    case 'AVG':
      return total / values.length
    default:
      return values.length
  }
}

function sort(rows: Row[], fields: string[], descending: boolean): Row[] {
  const order = descending ? -1 : 1
  return [...rows].sort((a, b) => {
    for (const field of fields) {
      const [x = 0, y = 0] = [a[field], b[field]]
      if (x !== y) return (x < y ? -1 : 1) * order
    }
    return 0
  })
}
