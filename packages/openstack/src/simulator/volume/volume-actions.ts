import { asFlag, asNumber, asObject, asText, type Call, type JsonObject, strings } from '../call.ts'
import { createHash } from 'node:crypto'
import { newImage } from '../image/images.ts'
import { imageEvent } from '../notifications/image.ts'
import { contextOf } from '../notifications/envelope.ts'
import { volumeEvent } from '../notifications/volume.ts'
import type { Route } from '../router.ts'
import { databaseTime } from '../times.ts'
import type { Jobs, World } from '../world.ts'
import { attachByCinder, cinderDetach, forceDetach } from './attachments.ts'
import { spendGigabytes } from './quotas.ts'
import { revertToSnapshot } from './snapshots.ts'
import { bad, missing, projectRoute, requireAdmin } from './answers.ts'
import { findType } from './types.ts'
import { mustBeFree, startDelete, touch, typeOf, visibleVolume, type Volume } from './volumes.ts'

type Action = (call: Call, volume: Volume, args: JsonObject) => { status: number; body?: unknown }

export const routes: Route[] = [projectRoute('POST', '/volumes/:id/action', act)]

export const jobs: Jobs = {
  'volume.extended': (world, { volumeId, status, sizeGib }) =>
    finishExtend(world, String(volumeId), String(status), Number(sizeGib)),
  'volume.retyped': (world, { volumeId, status, typeId }) =>
    finishRetype(world, String(volumeId), String(status), String(typeId)),
  'volume.uploaded': (world, { volumeId, status, imageId }) =>
    finishUpload(world, String(volumeId), String(status), String(imageId)),
}

const actions: Record<string, Action> = {
  'os-extend': extend,
  'os-retype': retype,
  'os-set_bootable': (call, volume, args) => {
    call.world.volumes.update(volume.id, { bootable: asFlag(args.bootable) ?? false })
    return { status: 200 }
  },
  'os-update_readonly_flag': (call, volume, args) => {
    const readonly = asFlag(args.readonly) === true ? 'True' : 'False'
    call.world.volumes.update(volume.id, { metadata: { ...volume.metadata, readonly } })
    return { status: 202 }
  },
  'os-reset_status': resetStatus,
  'os-force_delete': (call, volume) => {
    requireAdmin(call, 'volume_extension:volume_admin_actions:force_delete')
    if (call.world.snapshots.where('volumeId', volume.id).length > 0) throw bad(mustBeFree)
    startDelete(call.world, volume)
    return { status: 202 }
  },
  'os-volume_upload_image': upload,
  'os-set_image_metadata': (call, volume, args) => {
    const imageMetadata = { ...volume.imageMetadata, ...strings(args.metadata) }
    call.world.volumes.update(volume.id, { imageMetadata })
    return { status: 200, body: { metadata: imageMetadata } }
  },
  'os-unset_image_metadata': (call, volume, args) => {
    const { [String(args.key)]: _gone, ...imageMetadata } = volume.imageMetadata ?? {}
    call.world.volumes.update(volume.id, { imageMetadata })
    return { status: 200 }
  },
  'os-show_image_metadata': (_call, volume) => ({ status: 200, body: { metadata: volume.imageMetadata ?? {} } }),
  'os-reserve': (call, volume) => {
    if (volume.status !== 'available')
      throw bad(`Invalid volume: Volume status must be available to reserve, but the status is ${volume.status}.`)
    touch(call.world, volume.id, { status: 'attaching' })
    return { status: 202 }
  },
  'os-unreserve': (call, volume) => {
    if (volume.status === 'attaching') touch(call.world, volume.id, { status: 'available' })
    return { status: 202 }
  },
  'os-begin_detaching': (call, volume) => {
    if (volume.status !== 'in-use')
      throw bad(
        "Invalid volume: Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.",
      )
    touch(call.world, volume.id, { status: 'detaching' })
    return { status: 202 }
  },
  'os-roll_detaching': (call, volume) => {
    if (volume.status === 'detaching') touch(call.world, volume.id, { status: 'in-use' })
    return { status: 202 }
  },
  'os-attach': attachByCinder,
  'os-detach': cinderDetach,
  'os-force_detach': forceDetach,
  revert: revertToSnapshot,
}

function act(call: Call) {
  const [name, ...rest] = Object.keys(call.body)
  if (name === undefined || rest.length > 0) throw bad('Malformed request body')
  const action = actions[name]
  if (!action) throw bad(`There is no such action: ${name}. Verify the request body and Content-Type header and try again.`)
  return action(call, visibleVolume(call), asObject(call.body[name]))
}

function extend(call: Call, volume: Volume, args: JsonObject) {
  const { world } = call
  const sizeGib = asNumber(args.new_size)
  if (sizeGib === undefined) throw bad('New volume size must be specified as an integer.')
  // A disk of a running server grows from 3.42 on.
  const online = volume.status === 'in-use' && call.version >= 42
  if (volume.status !== 'available' && !online)
    throw bad(
      `Invalid volume: Volume ${volume.id} status must be '{'status': 'available'}' to extend, currently ${volume.status}.`,
    )
  if (sizeGib <= volume.sizeGib)
    throw bad(
      `Invalid input received: New size for extend must be greater than current size. (current: ${volume.sizeGib}, extended: ${sizeGib}).`,
    )
  spendGigabytes(world, volume.projectId, typeOf(world, volume), sizeGib - volume.sizeGib)
  touch(world, volume.id, { status: 'extending' })
  volumeEvent(world, 'resize.start', volume, contextOf(call.who, call.requestId))
  world.later(world.duration('volume.extend'), volume.id, 'volume.extended', {
    volumeId: volume.id,
    status: volume.status,
    sizeGib,
  })
  return { status: 202 }
}

function finishExtend(world: World, id: string, status: string, sizeGib: number): void {
  const volume = world.volumes.get(id)
  if (volume?.status !== 'extending') return
  if (world.backgroundFault('volume', 'extend-volume')) {
    touch(world, id, { status: 'error_extending' })
    return
  }
  volumeEvent(world, 'resize.end', touch(world, id, { status, sizeGib }))
}

function retype(call: Call, volume: Volume, args: JsonObject) {
  const { world } = call
  const name = asText(args.new_type) ?? ''
  const type = findType(call, name)
  if (!type) throw missing(`Volume type with name ${name} could not be found.`)
  if (!['available', 'in-use'].includes(volume.status) || type.id === volume.typeId)
    throw bad(
      'Invalid volume: Retype needs volume to be in available or in-use state, not be part of an active migration or a consistency group, requested type has to be different that the one from the volume, and for in-use volumes front-end qos specs cannot change.',
    )
  touch(world, volume.id, { status: 'retyping' })
  volumeEvent(world, 'retype', volume, contextOf(call.who, call.requestId))
  world.later(world.duration('volume.retype'), volume.id, 'volume.retyped', {
    volumeId: volume.id,
    status: volume.status,
    typeId: type.id,
  })
  return { status: 202 }
}

function finishRetype(world: World, id: string, status: string, typeId: string): void {
  if (world.volumes.get(id)?.status !== 'retyping') return
  const failed = world.backgroundFault('volume', 'retype-volume')
  touch(world, id, { status, ...(failed ? {} : { typeId }) })
}

function resetStatus(call: Call, volume: Volume, args: JsonObject) {
  requireAdmin(call, 'volume_extension:volume_admin_actions:reset_status')
  const status = asText(args.status)
  if (status === undefined) throw bad('Must specify a valid status')
  volumeEvent(call.world, 'reset_status.start', volume)
  volumeEvent(call.world, 'reset_status.end', touch(call.world, volume.id, { status }))
  return { status: 202 }
}

function upload(call: Call, volume: Volume, args: JsonObject) {
  const { world } = call
  const force = asFlag(args.force) === true
  if (volume.status !== 'available' && !(volume.status === 'in-use' && force))
    throw bad(`Invalid volume: Volume ${volume.id} status must be available or in-use, but current status is: ${volume.status}.`)
  const type = typeOf(world, volume)
  const diskFormat = asText(args.disk_format) ?? 'raw'
  const containerFormat = asText(args.container_format) ?? 'bare'
  const visibility = asText(args.visibility) ?? 'shared'
  const image = world.images.insert({
    ...newImage(world, call.who.projectId),
    name: asText(args.image_name) ?? '',
    diskFormat,
    containerFormat,
    visibility: visibility as 'shared',
    status: 'queued',
  })
  imageEvent(world, 'create', image)
  touch(world, volume.id, { status: 'uploading' })
  world.later(world.duration('volume.upload'), volume.id, 'volume.uploaded', {
    volumeId: volume.id,
    status: volume.status,
    imageId: image.id,
  })
  return {
    status: 202,
    body: {
      'os-volume_upload_image': {
        id: volume.id,
        updated_at: volume.updatedMs === null ? null : databaseTime(volume.updatedMs),
        status: 'uploading',
        display_description: volume.description,
        size: volume.sizeGib,
        volume_type: {
          id: type.id,
          name: type.name,
          description: type.description,
          is_public: type.isPublic,
          extra_specs: type.extraSpecs,
          qos_specs_id: null,
          created_at: databaseTime(type.createdMs),
          updated_at: null,
          deleted_at: null,
          deleted: false,
        },
        image_id: image.id,
        container_format: containerFormat,
        disk_format: diskFormat,
        image_name: image.name,
        protected: false,
        visibility,
      },
    },
  }
}

function finishUpload(world: World, id: string, status: string, imageId: string): void {
  const volume = world.volumes.get(id)
  if (volume?.status !== 'uploading') return
  touch(world, id, { status })
  const image = world.images.get(imageId)
  if (!image) return
  const bytes = volume.sizeGib * 1024 ** 3
  // No bytes are kept of it: sums of its id stand for those of its content.
  const stored = world.images.update(imageId, {
    status: 'active',
    stored: true,
    sizeBytes: bytes,
    virtualSizeBytes: bytes,
    checksum: createHash('md5').update(id).digest('hex'),
    sha512: createHash('sha512').update(id).digest('hex'),
    updatedMs: world.nowMs,
  })
  imageEvent(world, 'upload', stored)
  imageEvent(world, 'activate', stored)
}
