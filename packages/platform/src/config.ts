import { join, resolve } from 'node:path'

/**
 * Every setting, in one list: `main` reads it once, `docs/configuration.md` is printed from it. With nothing set, everything is simulated
 * and the database is embedded; giving a URL replaces exactly that part.
 */
interface Setting<T> {
  env: string
  what: string
  /** As the documentation shows it. */
  default: string
  read(given: string | undefined): T
}

/** Why it cannot start, in one sentence that says what to do. */
export class ConfigurationError extends Error {}

const text = (env: string, fallback: string, what: string): Setting<string> => ({
  env,
  what,
  default: fallback || 'empty',
  read: (given) => given || fallback,
})
const optional = (env: string, what: string): Setting<string | undefined> => ({
  env,
  what,
  default: 'not set',
  read: (given) => given || undefined,
})
const number = (
  env: string,
  fallback: number,
  range: [number, number],
  what: string,
  kind: 'whole' | 'any' = 'whole',
): Setting<number> => ({
  env,
  what,
  default: String(fallback),
  read(given) {
    if (!given) return fallback
    const value = Number(given)
    if (!Number.isFinite(value) || value < range[0] || value > range[1] || (kind === 'whole' && !Number.isInteger(value)))
      throw new ConfigurationError(
        `${env} must be a ${kind === 'whole' ? 'whole ' : ''}number from ${range[0]} to ${range[1]}; it is “${given}”.`,
      )
    return value
  },
})
const url = (env: string, what: string): Setting<string | undefined> => ({
  env,
  what,
  default: 'not set',
  read(given) {
    if (given && !URL.canParse(given)) throw new ConfigurationError(`${env} must be a URL; it is “${given}”.`)
    return given || undefined
  },
})

const choice = (env: string, fallback: string, choices: string[], what: string): Setting<string> => ({
  env,
  what: `${what}: ${choices.map((name) => `\`${name}\``).join(', ')}.`,
  default: fallback,
  read(given) {
    if (given && !choices.includes(given))
      throw new ConfigurationError(`${env} must be one of ${choices.join(', ')}; it is “${given}”.`)
    return given || fallback
  },
})
const flag = (env: string, what: string): Setting<boolean> => ({
  env,
  what,
  default: 'false',
  read(given) {
    if (given && given !== 'true' && given !== 'false')
      throw new ConfigurationError(`${env} must be true or false; it is “${given}”.`)
    return given === 'true'
  },
})

export const settings = {
  host: text('STRAYLIGHT_HOST', '127.0.0.1', 'The address to listen on. Behind a proxy, leave it.'),
  port: number('STRAYLIGHT_PORT', 8080, [0, 65_535], 'The port of the web app and the API. `0` takes any free one.'),
  dataFolder: {
    env: 'STRAYLIGHT_DATA',
    what: 'The folder of everything that is kept: the embedded database, the simulators, the secret key, `run.json`.',
    default: '.straylight',
    read: (given: string | undefined) => resolve(given || '.straylight'),
  } satisfies Setting<string>,
  publicUrl: url('STRAYLIGHT_PUBLIC_URL', 'Where people reach it. With https, cookies are sent over TLS only.'),
  trustProxy: text(
    'STRAYLIGHT_TRUST_PROXY',
    '',
    'Addresses of proxies whose X-Forwarded-For is believed, with commas; empty for none.',
  ),
  secretKey: optional(
    'STRAYLIGHT_SECRET_KEY',
    'The key that encrypts secrets, 64 hexadecimal digits. Without it the first start makes `secret.key` in the data folder.',
  ),
  currency: text('STRAYLIGHT_CURRENCY', 'EUR', 'The currency of new accounts (ISO 4217); the price list must have it.'),
  signUpsPerHour: number(
    'STRAYLIGHT_SIGN_UPS_PER_HOUR',
    20,
    [1, 100_000],
    'How many accounts may be opened from one address (IPv6: one /64) in an hour. Where everything is simulated, the machine itself is not counted.',
  ),
  demoPayments: flag(
    'STRAYLIGHT_DEMO_PAYMENTS',
    'Whether customers may top up by the method `demo`, which credits at once without any money. Where everything is simulated they always may. For trying out a real cloud; never where strangers can sign up.',
  ),
  metricsToken: optional(
    'STRAYLIGHT_METRICS_TOKEN',
    'With it, `/metrics` answers whoever sends it as `Authorization: Bearer …`. Without it only this machine itself, and nobody through a proxy.',
  ),
  logLevel: choice('STRAYLIGHT_LOG', 'warn', ['fatal', 'error', 'warn', 'info', 'debug'], 'What is logged on standard error'),
  workers: number(
    'STRAYLIGHT_WORKERS',
    8,
    [0, 100],
    'How many tasks this process carries out at once. `0`: it only serves; others work.',
  ),
  databaseUrl: url('DATABASE_URL', 'A PostgreSQL 15 or newer. Without it an embedded one is started.'),
  openstackAuthUrl: url(
    'OPENSTACK_AUTH_URL',
    'Keystone, for example `http://keystone:5000/v3`. Without it OpenStack is simulated.',
  ),
  openstackUsername: text('OPENSTACK_USERNAME', 'portal', "The service account: our own, never the SDN's or a person's."),
  openstackPassword: optional('OPENSTACK_PASSWORD', 'Its password.'),
  openstackUserDomain: text('OPENSTACK_USER_DOMAIN', 'Default', 'The domain of that account.'),
  openstackAdminProject: text(
    'OPENSTACK_ADMIN_PROJECT',
    'admin',
    'The project in which it is an admin, for what concerns all tenants.',
  ),
  openstackCustomersDomain: text('OPENSTACK_CUSTOMERS_DOMAIN', 'customers', "The domain in which customers' projects are made."),
  openstackExternalNetwork: optional(
    'OPENSTACK_EXTERNAL_NETWORK',
    'The network of public addresses; the first external one when not set.',
  ),
  openstackRegion: optional('OPENSTACK_REGION', 'The region of the catalogue; the first one when not set.'),
  bootsPerSecond: number(
    'OPENSTACK_BOOTS_PER_SECOND',
    1.5,
    [0.01, 1000],
    'How many servers are ordered from Nova in a second, at most.',
    'any',
  ),
  pollSeconds: number('OPENSTACK_POLL_SECONDS', 5, [0.5, 3600], 'How often Nova is asked what has changed.', 'any'),
  amqpUrl: url(
    'AMQP_URL',
    "OpenStack's RabbitMQ, for its notifications: states then arrive within a second. Without it they are polled.",
  ),
  tungstenUrl: url(
    'TUNGSTEN_URL',
    'The config API of Tungsten Fabric or OpenSDN, watched for operators. Without it, and with a simulated OpenStack, it is simulated.',
  ),
  billmanagerUrl: url(
    'BILLMANAGER_URL',
    'BILLmanager, watched for operators; the embedded ledger owns all money. Without it, and with a simulated OpenStack, it is simulated.',
  ),
  billmanagerUsername: text('BILLMANAGER_USERNAME', 'straylight', 'A staff user of that panel.'),
  billmanagerPassword: optional('BILLMANAGER_PASSWORD', 'Its password.'),
} satisfies Record<string, Setting<unknown>>

export type Config = { [Name in keyof typeof settings]: ReturnType<(typeof settings)[Name]['read']> } & {
  /** Every neighbour is a simulator: there is a demo customer, and time can be moved. */
  isSimulated: boolean
  runFile: string
}

/** @throws ConfigurationError with one sentence that names the setting. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const values = Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [name, setting.read(env[setting.env])]),
  ) as unknown as Config
  if (values.openstackAuthUrl && !values.openstackPassword)
    throw new ConfigurationError('OPENSTACK_AUTH_URL is given, so OPENSTACK_PASSWORD is needed.')
  if (values.openstackAuthUrl && values.openstackUsername === 'admin')
    throw new ConfigurationError(
      "OPENSTACK_USERNAME is `admin`. A shared admin account that changes its scope breaks the SDN's routing: make a service account for the platform.",
    )
  if (values.billmanagerUrl && !values.billmanagerPassword)
    throw new ConfigurationError('BILLMANAGER_URL is given, so BILLMANAGER_PASSWORD is needed.')
  const isSimulated = !values.openstackAuthUrl && !values.tungstenUrl && !values.billmanagerUrl
  return { ...values, isSimulated, runFile: join(values.dataFolder, 'run.json') }
}

/** `docs/configuration.md`. */
export function describeSettings(): string {
  const rows = Object.values(settings).map(
    (setting) =>
      `| \`${setting.env}\` | ${setting.default === 'not set' || setting.default === 'empty' ? setting.default : `\`${setting.default}\``} | ${setting.what} |`,
  )
  return `# Configuration

Straylight reads its settings from the environment, once, when it starts. With none of them set it runs by itself: an embedded PostgreSQL
and simulators of its neighbours. Giving a URL replaces exactly that part.

| variable | default | what it is |
|---|---|---|
${rows.join('\n')}

This page is printed from \`packages/platform/src/config.ts\` by \`npm run docs\`.
`
}
