/** Anything that asks PostgreSQL: a pool or a client. */
interface Asks {
  query(sql: string): Promise<{ rows: unknown[] }>
}

const ask = async <Row>(database: Asks, sql: string): Promise<Row[]> => (await database.query(sql)).rows as Row[]

/**
 * Prints the schema `public` from the catalogue as SQL that makes it again: functions, each table with its indexes and triggers, foreign keys.
 * The binaries that come along have no pg_dump; and what is printed here is what a person reads: no owners, no grants, no settings.
 */
export async function printSchema(database: Asks): Promise<string> {
  const columns = Map.groupBy(await ask<Column>(database, columnsSql), ({ table }) => table)
  const constraints = await linesByTable(database, constraintsSql('pucx'))
  const indexes = await linesByTable(database, indexesSql)
  const triggers = await linesByTable(database, triggersSql)
  const tables = [...columns].map(([table, own]) => {
    const rows = [...own.map(printColumn), ...(constraints.get(table) ?? [])].map((row) => `  ${row}`)
    const options = own[0]?.options ? ` with (${own[0].options.join(', ')})` : ''
    const beside = [...(indexes.get(table) ?? []), ...(triggers.get(table) ?? [])]
    return [`create table ${table} (\n${rows.join(',\n')}\n)${options};`, ...beside.map((line) => `${line};`)].join('\n')
  })
  const foreignKeys = [...(await linesByTable(database, constraintsSql('f')))].flatMap(([table, lines]) =>
    lines.map((line) => `alter table ${table} add ${line};`),
  )
  // Functions come first because triggers need them; PostgreSQL reads those of plain SQL at once, and they use no table here.
  const functions = (await ask<{ line: string }>(database, functionsSql)).map(({ line }) => `${line.trim()};`)
  return `${[heading, ...functions, ...tables, foreignKeys.join('\n')].join('\n\n')}\n`
}

const heading = `-- The database as the migrations leave it, printed by \`npm run docs\`. It is for reading: what changes the database is a new file in
-- packages/platform/migrations. Comments stand there, beside what they explain. The queue (pg-boss) keeps its tables in a schema of its own.`

async function linesByTable(database: Asks, sql: string): Promise<Map<string, string[]>> {
  const rows = await ask<{ table: string; line: string }>(database, sql)
  return new Map([...Map.groupBy(rows, ({ table }) => table)].map(([table, own]) => [table, own.map(({ line }) => line)]))
}

interface Column {
  table: string
  options: string[] | null
  column: string
  type: string
  required: boolean
  standard: string | null
  identity: '' | 'a' | 'd'
  generated: '' | 's'
}

function printColumn({ column, type, required, standard, identity, generated }: Column): string {
  const filled =
    identity !== ''
      ? ` generated ${identity === 'a' ? 'always' : 'by default'} as identity`
      : generated === 's'
        ? ` generated always as (${standard}) stored`
        : standard === null
          ? ''
          : ` default ${standard}`
  return `${column} ${type}${required ? ' not null' : ''}${filled}`
}

/** What is ours: in the schema `public`, and brought by no extension. `o` is the thing, `n` its schema. */
const ours = `n.nspname = 'public' and not exists (select from pg_depend d where d.objid = o.oid and d.deptype = 'e')`

const functionsSql = `
  select pg_get_functiondef(o.oid) as line
  from pg_proc o join pg_namespace n on n.oid = o.pronamespace
  where ${ours} and o.prokind = 'f' order by o.proname`

const columnsSql = `
  select quote_ident(o.relname) as table, o.reloptions as options, quote_ident(a.attname) as column,
    format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
    pg_get_expr(d.adbin, d.adrelid) as standard, a.attidentity as identity, a.attgenerated as generated
  from pg_class o
  join pg_namespace n on n.oid = o.relnamespace
  join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
  where ${ours} and o.relkind = 'r' order by o.relname, a.attnum`

/** `kinds` are letters of pg_constraint.contype, in the order in which they are printed. */
const constraintsSql = (kinds: string) => `
  select quote_ident(c.relname) as table, 'constraint ' || quote_ident(o.conname) || ' ' || pg_get_constraintdef(o.oid) as line
  from pg_constraint o
  join pg_class c on c.oid = o.conrelid
  join pg_namespace n on n.oid = o.connamespace
  where ${ours} and position(o.contype::text in '${kinds}') > 0
  order by c.relname, position(o.contype::text in '${kinds}'), o.conname`

const indexesSql = `
  select quote_ident(c.relname) as table, replace(pg_get_indexdef(o.oid), ' ON public.', ' ON ') as line
  from pg_index i
  join pg_class o on o.oid = i.indexrelid
  join pg_class c on c.oid = i.indrelid
  join pg_namespace n on n.oid = o.relnamespace
  where ${ours} and not exists (select from pg_constraint k where k.conindid = o.oid) order by o.relname`

const triggersSql = `
  select quote_ident(c.relname) as table, replace(pg_get_triggerdef(o.oid), ' ON public.', ' ON ') as line
  from pg_trigger o
  join pg_class c on c.oid = o.tgrelid
  join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and not o.tgisinternal order by c.relname, o.tgname`
