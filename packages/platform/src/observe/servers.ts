import { type Clock, isId } from '@straylight/kit'
import type { Server as NovaServer } from '@straylight/openstack'
import { type Cloud, orAbsent } from '../foundation/cloud/index.ts'
import type { Db, Tx } from '../foundation/db.ts'
import { announce } from '../foundation/events.ts'
import { openIncident, subjectsAtWork, type TaskEngine } from '../foundation/tasks/index.ts'
import {
  deletedServers,
  type Known,
  lockServerByNovaId,
  serverKnownAs,
  type ServerRow,
  serversInTheCloud,
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
  /**
   * Compares everything that we know with everything that Nova has: what the questions for changes have missed is written, and a server
   * there that was deleted here calls an operator. @returns how many of those there are
   */
  sweep(): Promise<number>
}

/** What Nova says of a server. */
type Seen = Pick<NovaServer, 'id' | 'status' | 'taskState'>
const absent = (id: string): Seen => ({ id, status: 'DELETED', taskState: undefined })
/** After that many contradictions the next poll decides. */
const mostLooks = 3

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
  /** Asks Nova what is true of one server now, and writes it. */
  async function look(novaId: string): Promise<void> {
    for (let looks = 0; looks < mostLooks; looks++) {
      const askedAt = clock.now()
      const seen = (await orAbsent(cloud.admin.compute.servers.get(novaId))) ?? absent(novaId)
      if (await apply(seen, askedAt)) return
    }
  }

  /** @returns false when the server was changed here since Nova was asked: what was seen may be older than that */
  async function apply(seen: Seen, askedAt: Date): Promise<boolean> {
    return db.transaction().execute(async (tx) => {
      const server = await lockServerByNovaId(tx, seen.id)
      if (!server) return true
      if ((await subjectsAtWork(tx, [server.id])).size > 0) {
        await engine.signal(tx, server.id)
        await setRecheck(tx, server.id, true)
        return true
      }
      if (seen.taskState) return true
      const change = changeOf(server, seen)
      if (change && server.updated_at > askedAt) return false
      if (server.recheck) await setRecheck(tx, server.id, false)
      if (change) await write(tx, server, change)
      return true
    })
  }

  async function write(tx: Tx, server: ServerRow, change: Change): Promise<void> {
    const at = clock.now()
    if (change === 'started') await writeStarted(tx, server, at)
    else if (change === 'stopped') await writeStopped(tx, server, at)
    else {
      await writeStopped(tx, server, at)
      const what = change === 'lost' ? 'The server is not there any more.' : 'The server failed on its host.'
      await updateServer(tx, server, {
        status: 'ERROR',
        reason: `${what} vCPU and RAM are not charged; its volumes and address are, until it is deleted.`,
        updated_at: at,
      })
    }
    await announce(tx, { type: 'balance', id: server.account_id, accountId: server.account_id })
  }

  /** What was heard of a server while a task had it in hand is looked at again once the task is over. */
  async function recheck(): Promise<void> {
    const left = await serversToRecheck(db)
    const busy = await subjectsAtWork(
      db,
      left.map(({ id }) => id),
    )
    for (const { id, nova_id } of left) if (!busy.has(id)) await look(nova_id ?? '')
  }

  return {
    async poll() {
      const last = await db.selectFrom('observed').select('up_to').where('what', '=', 'nova.servers').executeTakeFirst()
      const askedAt = clock.now()
      const from = new Date((last?.up_to ?? askedAt).getTime() - overlapMs)
      let seen = 0
      let upTo = last?.up_to ?? askedAt
      for await (const server of cloud.admin.compute.servers.list({ allProjects: true, changesSince: from })) {
        seen++
        if (server.updatedAt > upTo) upTo = server.updatedAt
        if (!(await apply(server, askedAt))) await look(server.id)
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
      if (woken === 0 && subject.kind === 'server' && server.nova_id) await look(server.nova_id)
    },
    async sweep() {
      const there = new Map<string, NovaServer>()
      for await (const server of cloud.admin.compute.servers.list({ allProjects: true })) there.set(server.id, server)
      for (const { nova_id, status } of await serversInTheCloud(db)) {
        const seen = there.get(nova_id ?? '') ?? absent(nova_id ?? '')
        if (changeOf({ status }, seen)) await look(seen.id)
      }
      const deleted = await deletedServers(
        db,
        [...there.values()].flatMap(({ name }) => (isId(name) ? name : [])),
      )
      const strays = [...there.values()].filter(({ name }) => deleted.has(name))
      for (const { id, name } of strays)
        await openIncident(
          db,
          'cloud.stray',
          undefined,
          `Nova has the server ${id}, named ${name}, which was deleted here.`,
          clock.now(),
        )
      return strays.length
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

type Change = 'started' | 'stopped' | 'broken' | 'lost'

function changeOf(server: Pick<ServerRow, 'status'>, seen: Seen): Change | undefined {
  if (seen.status === 'DELETED' || seen.status === 'SOFT_DELETED') return server.status === 'ERROR' ? undefined : 'lost'
  if (seen.status === 'ERROR') return server.status === 'ERROR' ? undefined : 'broken'
  if (seen.status === 'ACTIVE' && server.status !== 'ACTIVE') return 'started'
  if (seen.status === 'SHUTOFF' && server.status !== 'STOPPED') return 'stopped'
  return undefined
}
