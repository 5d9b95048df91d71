import { createClient, routes } from '@straylight/api'
import { newId } from '@straylight/kit'
import { openDatabase } from '../packages/platform/src/foundation/db.ts'
import { startPostgres } from '../packages/platform/src/foundation/postgres.ts'
import { openMeters } from '../packages/platform/src/metering/index.ts'
import { percentile, removeFolder, rssMib, startPlatform } from './platform.ts'

/**
 * A project with 1,000 servers, each with its volume, address and meters: how long `GET servers` takes over HTTP, one after the other,
 * and how much memory the platform holds while 20 clients ask. The rows are written into the tables; what is measured is reading them.
 */
const servers = Number(process.env.SERVERS ?? 1_000)
const platform = await startPlatform()
const login = await createClient({ baseUrl: platform.url })(routes.accountSignIn, { body: platform.customer })
const call = createClient({ baseUrl: platform.url, token: login.data.result.token })
const account = (await call(routes.accountGet)).data.result
const project = (await call(routes.projectsCreate, { body: { display_name: 'bench' } })).data.result
const image = (await call(routes.imagesList, { params: { project_id: project.id } })).data.result[0]
await fill()

const params = { project_id: project.id }
await call(routes.serversList, { params })
const times: number[] = []
let bytes = 0
for (let n = 0; n < 60; n++) {
  const started = performance.now()
  const answer = await fetch(`${platform.url}/v2/projects/${project.id}/servers`, {
    headers: { authorization: `Bearer ${login.data.result.token}` },
  })
  bytes = (await answer.arrayBuffer()).byteLength
  times.push(performance.now() - started)
}
console.log(
  `GET servers, ${servers} rows, ${Math.round(bytes / 1024)} KiB: p50 ${percentile(times, 0.5).toFixed(0)} ms, p95 ${percentile(times, 0.95).toFixed(0)} ms`,
)
const page: number[] = []
for (let n = 0; n < 60; n++) {
  const started = performance.now()
  await call(routes.serversList, { params, query: { limit: 50 } })
  page.push(performance.now() - started)
}
console.log(
  `GET servers?limit=50 of ${servers}: p50 ${percentile(page, 0.5).toFixed(0)} ms, p95 ${percentile(page, 0.95).toFixed(0)} ms`,
)
const until = performance.now() + 10_000
let asked = 0
let mostMib = 0
await Promise.all(
  Array.from({ length: 20 }, async () => {
    while (performance.now() < until) {
      await call(routes.billingBalance)
      await call(routes.serversList, { params, query: { limit: 50 } })
      asked += 2
      mostMib = Math.max(mostMib, rssMib(platform.pids.platform))
    }
  }),
)
console.log(`20 clients for 10 s: ${Math.round(asked / 10)} requests/s, RSS of the platform up to ${mostMib} MiB`)
await platform.stop()
removeFolder(platform.folder)

async function fill(): Promise<void> {
  // The embedded server is alive: this takes it over and starts no other.
  const database = openDatabase((await startPostgres(platform.folder)).url)
  const now = new Date()
  for (let from = 0; from < servers; from += 100)
    await database.db.transaction().execute(async (tx) => {
      for (let n = from; n < Math.min(servers, from + 100); n++) {
        const id = newId()
        const common = { project_id: project.id, account_id: account.id, created_at: now, updated_at: now, deleted_at: null }
        await tx
          .insertInto('server')
          .values({
            ...common,
            id,
            name: `web-${n}`,
            status: 'ACTIVE',
            switch_status: 'ON',
            vcpus: 1,
            ram_gib: 1,
            image_id: image?.id ?? null,
            keypair_ids: [],
            user_data: null,
            hold_id: null,
            nova_id: newId(),
            port_id: null,
            private_ip: `10.20.${n >> 8}.${n & 255}`,
            recheck: false,
            reason: null,
          })
          .execute()
        const volume = newId()
        await tx
          .insertInto('volume')
          .values({
            ...common,
            id: volume,
            server_id: id,
            name: `web-${n}-system`,
            size_gib: 10,
            storage_type: 'volume',
            bootable: true,
            undetachable: true,
            position: 0,
            image_id: image?.id ?? null,
            status: 'IN_USE',
            device: '/dev/vda',
            cinder_id: newId(),
            reason: null,
          })
          .execute()
        await openMeters(tx, {
          accountId: account.id,
          projectId: project.id,
          resource: { type: 'server', id, name: `web-${n}` },
          lines: [
            { sku: 'vcpu', quantity: 1 },
            { sku: 'ram_gib', quantity: 1 },
          ],
          at: now,
        })
        await openMeters(tx, {
          accountId: account.id,
          projectId: project.id,
          resource: { type: 'volume', id: volume, name: `web-${n}-system` },
          lines: [{ sku: 'volume_gib', quantity: 10 }],
          at: now,
        })
      }
    })
  await database.close()
}
