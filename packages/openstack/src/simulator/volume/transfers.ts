import { randomBytes } from 'node:crypto'
import { asObject, asText, type Call } from '../call.ts'
import { uuid } from '../ids.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { databaseTime, microseconds } from '../times.ts'
import { digest } from '../world.ts'
import { spendVolume } from './quotas.ts'
import { bad, links, missing, projectRoute, since } from './answers.ts'
import { touch, typeOf, visibleVolume } from './volumes.ts'

export interface Transfer extends Row {
  projectId: string
  volumeId: string
  name: string | null
  keyDigest: string
  createdMs: number
}

/** The old path, and from 3.55 on the new one. */
const paths = ['os-volume-transfer', 'volume-transfers'] as const

export const routes: Route[] = paths.flatMap((path) => {
  const wrap = (handle: (call: Call) => { status: number; body?: unknown }) =>
    path === 'volume-transfers' ? since(55, handle) : handle
  return [
    projectRoute(
      'GET',
      `/${path}`,
      wrap((call) => list(call, path)),
    ),
    projectRoute('GET', `/${path}/detail`, (call) => list(call, path)),
    projectRoute(
      'POST',
      `/${path}`,
      wrap((call) => create(call, path)),
    ),
    projectRoute(
      'GET',
      `/${path}/:id`,
      wrap((call) => ({ status: 200, body: { transfer: view(call, visible(call), path) } })),
    ),
    projectRoute('DELETE', `/${path}/:id`, wrap(remove)),
    projectRoute(
      'POST',
      `/${path}/:id/accept`,
      wrap((call) => accept(call, path)),
    ),
  ]
})

const view = (call: Call, transfer: Transfer, path: string) => ({
  id: transfer.id,
  created_at: databaseTime(transfer.createdMs),
  name: transfer.name,
  volume_id: transfer.volumeId,
  ...(call.version >= 57 ? { source_project_id: transfer.projectId, destination_project_id: null, accepted: false } : {}),
  links: links(call, `${path}/${transfer.id}`),
})

/** Whoever has the id and the key accepts; only the giver sees it in lists. */
function anyTransfer(call: Call): Transfer {
  const id = call.params.id ?? ''
  const transfer = call.world.transfers.get(id)
  if (!transfer) throw missing(`Transfer ${id} could not be found.`)
  return transfer
}

function visible(call: Call): Transfer {
  const transfer = anyTransfer(call)
  if (!call.who.isAdmin && transfer.projectId !== call.who.projectId) throw missing(`Transfer ${transfer.id} could not be found.`)
  return transfer
}

function list(call: Call, path: string) {
  const mine = call.world.transfers.all().filter((each) => each.projectId === call.who.projectId)
  return { status: 200, body: { transfers: mine.map((each) => view(call, each, path)) } }
}

function create(call: Call, path: string) {
  const { world } = call
  const wanted = asObject(call.body.transfer)
  const volume = visibleVolume(call, asText(wanted.volume_id) ?? '')
  if (volume.status !== 'available') throw bad('Invalid volume: status must be available')
  const key = randomBytes(8).toString('hex')
  const transfer = world.transfers.insert({
    id: uuid(),
    projectId: volume.projectId,
    volumeId: volume.id,
    name: asText(wanted.name) ?? null,
    keyDigest: digest(key),
    createdMs: world.nowMs,
  })
  touch(world, volume.id, { status: 'awaiting-transfer' })
  const { links: where, ...rest } = view(call, transfer, path)
  return {
    status: 202,
    body: { transfer: { ...rest, created_at: microseconds(transfer.createdMs), auth_key: key, links: where } },
  }
}

function remove(call: Call) {
  const transfer = visible(call)
  call.world.transfers.remove(transfer.id)
  touch(call.world, transfer.volumeId, { status: 'available' })
  return { status: 202 }
}

function accept(call: Call, path: string) {
  const { world, who } = call
  const transfer = anyTransfer(call)
  if (digest(asText(asObject(call.body.accept).auth_key) ?? '') !== transfer.keyDigest)
    throw bad(`Invalid auth key: Attempt to transfer ${transfer.id} with invalid auth key.`)
  const volume = world.volumes.get(transfer.volumeId)
  if (!volume) throw missing(`Volume ${transfer.volumeId} could not be found.`)
  spendVolume(world, who.projectId, typeOf(world, volume), volume.sizeGib)
  touch(world, volume.id, { projectId: who.projectId, userId: who.userId, status: 'available' })
  world.transfers.remove(transfer.id)
  return {
    status: 202,
    body: {
      transfer: { id: transfer.id, volume_id: volume.id, name: transfer.name, links: links(call, `${path}/${transfer.id}`) },
    },
  }
}
