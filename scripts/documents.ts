import { AdjustableClock } from '@straylight/kit'
import { type AppOptions, createApp } from '../packages/platform/src/app.ts'
import { describeSettings } from '../packages/platform/src/config.ts'
import type { Database } from '../packages/platform/src/foundation/db.ts'
import { secretsOf } from '../packages/platform/src/foundation/secrets.ts'
import { printSchema } from './schema.ts'

/** A document of the repository that the code prints. */
export interface Document {
  path: string
  text: string
}

/** Prints every document that comes from code. `database` has every migration and no rows. */
export async function printDocuments(database: Database): Promise<Document[]> {
  return [
    { path: 'docs/configuration.md', text: describeSettings() },
    { path: 'packages/platform/schema.sql', text: await printSchema(database.pool) },
    { path: 'packages/api/openapi.json', text: await printOpenapi(database) },
  ]
}

async function printOpenapi(database: Database): Promise<string> {
  const app = await createPlainApp(database)
  try {
    const { body } = await app.http.inject('/openapi.json')
    return `${JSON.stringify(JSON.parse(body), null, 2)}\n`
  } finally {
    await app.close()
  }
}

const say = () => {}
const silent: AppOptions['logger'] = {
  level: 'silent',
  fatal: say,
  error: say,
  warn: say,
  info: say,
  debug: say,
  trace: say,
  silent: say,
  child: () => silent,
}

/** The app on a database of its own, without a cloud: nothing that is asked of it here needs one. */
export const createPlainApp = (database: Database) =>
  createApp({
    database,
    clock: new AdjustableClock('flowing'),
    secrets: secretsOf(Buffer.alloc(32, 1)),
    logger: silent,
    currency: 'EUR',
    isSimulated: false,
    openstack: {
      authUrl: 'http://127.0.0.1:9/v3', // the discard port: nobody listens
      username: 'portal',
      password: 'not used',
      userDomain: 'Default',
      adminProject: 'admin',
      customersDomain: 'customers',
      externalNetwork: undefined,
      region: undefined,
      bootsPerSecond: 1,
    },
  })
