import { type Clock, isId } from '@straylight/kit'
import type { Server as NovaServer } from '@straylight/openstack'
import { type Cloud, orAbsent } from '../foundation/cloud/index.ts'
import type { Db } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { subjectsAtWork, type TaskEngine } from '../foundation/tasks/index.ts'
import {
  type Known,
  lockServerByNovaId,
  serverKnownAs,
  type ServerRow,
  serversToRecheck,
  setRecheck,
  updateServer,
  writeStarted,
  writeStopped,
} from '../servers/index.ts'
import { volumeById } from '../volumes/index.ts'

declare module '../foundation/db.ts' {
  interface Tables {
    observed: { what: string; up_to: Date }
  }
}

/** Looks a little further back than the last look: a neighbour's clock and ours differ, and seeing a change twice does no harm. */
const overlapMs = 30_000

export interface ServerObserver {
  /** One question for all tenants: what changed since the last look. @returns how many servers were seen. */
  poll(): Promise<number>
  /** Something was said in a notification: a task that waits for it goes on at once; otherwise Nova is asked what is true. */
  hear(notification: { subject: { kind: string; id?: string | undefined }; name?: string | undefined }): Promise<void>
}

/**
 * What the cloud does by itself flows in here: a guest that shut itself down, an operator's hand, a host that failed.
 * A server with an open task is left to that task, which is told to look at once.
 */
export function createServerObserver({
  db,
  cloud,
  clock,
  engine,
}: {
  db: Db
  cloud: Cloud
  clock: Clock
  engine: TaskEngine
}): ServerObserver {
  async function apply(seen: NovaServer): Promise<void> {
    await db.transaction().execute(async (tx) => {
      const server = await lockServerByNovaId(tx, seen.id)
      if (!server) return
      if ((await subjectsAtWork(tx, [server.id])).size > 0) {
        await engine.signal(tx, server.id)
        await setRecheck(tx, server.id, true)
        return
      }
      if (seen.taskState) return
      if (server.recheck) await setRecheck(tx, server.id, false)
      const change = changeOf(server, seen)
      if (!change) return
      const at = clock.now()
      if (change === 'started') await writeStarted(tx, server, at)
      else if (change === 'stopped') await writeStopped(tx, server, at)
      else {
        await writeStopped(tx, server, at)
        await updateServer(tx, server, {
          status: 'ERROR',
          reason:
            change === 'lost'
              ? 'The server is not there any more. It is not charged.'
              : 'The server failed on its host. vCPU and RAM are not charged.',
          updated_at: at,
        })
      }
      await announce(tx, { type: 'balance', id: server.account_id, accountId: server.account_id })
    })
  }

  /** What was heard of a server while a task had it in hand is looked at again once the task is over. */
  async function recheck(): Promise<void> {
    const left = await serversToRecheck(db)
    const busy = await subjectsAtWork(
      db,
      left.map(({ id }) => id),
    )
    for (const { id, nova_id } of left) {
      if (busy.has(id)) continue
      const seen = await orAbsent(cloud.admin.compute.servers.get(nova_id ?? ''))
      if (seen) await apply(seen)
      else await setRecheck(db, id, false)
    }
  }

  return {
    async poll() {
      const last = await db.selectFrom('observed').select('up_to').where('what', '=', 'nova.servers').executeTakeFirst()
      const from = new Date((last?.up_to ?? clock.now()).getTime() - overlapMs)
      let seen = 0
      let upTo = last?.up_to ?? clock.now()
      for await (const server of cloud.admin.compute.servers.list({ allProjects: true, changesSince: from })) {
        seen++
        if (server.updatedAt > upTo) upTo = server.updatedAt
        await apply(server)
      }
      await db
        .insertInto('observed')
        .values({ what: 'nova.servers', up_to: upTo })
        .onConflict((conflict) => conflict.column('what').doUpdateSet({ up_to: upTo }))
        .execute()
      await recheck()
      return seen
    },
    async hear({ subject, name }) {
      const ids = [subject.id, name].flatMap((id) => id ?? [])
      if (ids.length === 0) return
      const server = await serverAbout(subject.kind, ids)
      if (!server) return
      const woken = await db.transaction().execute((tx) => engine.signal(tx, server.id))
      // No task waits for it, so the cloud did this by itself. The message may be late or twice: Nova is asked what is true now.
      if (woken > 0 || subject.kind !== 'server' || !server.nova_id) return
      const seen = await orAbsent(cloud.admin.compute.servers.get(server.nova_id))
      if (seen) await apply(seen)
    },
  }

  /** Names in the cloud are our ids, so a thing is known from its first message on. */
  async function serverAbout(kind: string, ids: string[]): Promise<Known | undefined> {
    const ours = ids.filter(isId)
    if (kind === 'server') return serverKnownAs(db, { nova: ids, ours })
    if (kind === 'port') return serverKnownAs(db, { ours })
    if (kind !== 'volume') return undefined
    for (const id of ours) {
      const volume = await volumeById(db, id)
      if (volume?.server_id) return serverKnownAs(db, { ours: [volume.server_id] })
    }
    return undefined
  }
}

type Seen = 'started' | 'stopped' | 'broken' | 'lost'

function changeOf(server: ServerRow, seen: NovaServer): Seen | undefined {
  if (seen.status === 'DELETED' || seen.status === 'SOFT_DELETED') return server.status === 'ERROR' ? undefined : 'lost'
  if (seen.status === 'ERROR') return server.status === 'ERROR' ? undefined : 'broken'
  if (seen.status === 'ACTIVE' && server.status !== 'ACTIVE') return 'started'
  if (seen.status === 'SHUTOFF' && server.status !== 'STOPPED') return 'stopped'
  return undefined
}
