import { z } from 'zod'
import { displayName, id, idParams, list, listQuery, projectParams, result, time } from '../common.ts'
import { route } from '../route.ts'

const image = z
  .object({
    id,
    name: z.string(),
    operation_system: z.object({ distribution: z.string(), os_family: z.string(), version: z.string() }),
    min_disk: z.int().meta({ description: 'GiB' }),
    min_ram: z.int().meta({ description: 'GiB' }),
  })
  .meta({ id: 'Image' })
export type Image = z.output<typeof image>

const keypair = z
  .object({ id, name: z.string(), public_key: z.string(), fingerprint: z.string(), created_in: time })
  .meta({ id: 'KeyPair' })
export type KeyPair = z.output<typeof keypair>

const volume = z
  .object({
    id,
    name: z.string(),
    description: z.string(),
    size: z.int().meta({ description: 'GiB' }),
    status: z.string(),
    bootable: z.boolean(),
    undetachable: z.boolean(),
    created_in: time,
    attached_to_server: z.object({ id, device: z.string() }).optional(),
    snapshots: z.array(id),
    reason: z.string().optional(),
  })
  .meta({ id: 'Volume' })
export type Volume = z.output<typeof volume>

const address = z
  .object({
    id,
    address: z.string().optional(),
    status: z.string(),
    type: z.string(),
    external: z.boolean(),
    version: z.int(),
    is_primary: z.boolean(),
    ddos_protection: z.boolean(),
    bandwidth_max_mbps: z.int(),
    attached_to: z.object({ entity: z.string(), id }).optional(),
    created_in: time,
    updated_in: time,
  })
  .meta({ id: 'Address' })
export type Address = z.output<typeof address>

export const catalogueRoutes = {
  imagesList: route({
    name: 'imagesList',
    method: 'GET',
    path: '/v2/projects/{project_id}/images',
    permission: 'project',
    subject: 'project',
    audit: 'image.list',
    summary: 'Images that a server can be made from',
    tag: 'images',
    params: projectParams,
    query: listQuery,
    response: list(image),
    status: 200,
  }),
  keypairsList: route({
    name: 'keypairsList',
    method: 'GET',
    path: '/v2/projects/{project_id}/keypairs',
    permission: 'project',
    subject: 'project',
    audit: 'keypair.list',
    summary: 'SSH keys of a project',
    tag: 'keypairs',
    params: projectParams,
    query: listQuery,
    response: list(keypair),
    status: 200,
  }),
  keypairsCreate: route({
    name: 'keypairsCreate',
    method: 'POST',
    path: '/v2/projects/{project_id}/keypairs',
    permission: 'project',
    subject: 'project',
    audit: 'keypair.create',
    summary: 'Add the public half of an SSH key',
    tag: 'keypairs',
    params: projectParams,
    body: z.object({ name: displayName(100), public_key: z.string().trim().min(1).max(16_384) }),
    response: result(keypair),
    status: 201,
  }),
  keypairsGenerate: route({
    name: 'keypairsGenerate',
    method: 'POST',
    path: '/v2/projects/{project_id}/keypairs/generate',
    permission: 'project',
    subject: 'project',
    audit: 'keypair.generate',
    summary: 'Make an SSH key; the private half is shown this once and not kept',
    tag: 'keypairs',
    params: projectParams,
    body: z.object({ name: displayName(100) }),
    response: result(
      z
        .object({ id, created_in: time, public_key: z.string(), private_key: z.string(), ssh_archive_data: z.string() })
        .meta({ id: 'GenerateKeyPairResult' }),
    ),
    status: 201,
  }),
  keypairsDetail: route({
    name: 'keypairsDetail',
    method: 'GET',
    path: '/v2/keypairs/{id}/detail',
    permission: 'project',
    subject: 'keypair',
    audit: 'keypair.read',
    summary: 'One SSH key',
    tag: 'keypairs',
    params: idParams,
    response: result(keypair),
    status: 200,
  }),
  keypairsDelete: route({
    name: 'keypairsDelete',
    method: 'DELETE',
    path: '/v2/keypairs/{id}',
    permission: 'project',
    subject: 'keypair',
    audit: 'keypair.delete',
    summary: 'Remove an SSH key; servers keep what they were made with',
    tag: 'keypairs',
    params: idParams,
    response: undefined,
    status: 204,
  }),
  volumesList: route({
    name: 'volumesList',
    method: 'GET',
    path: '/v2/projects/{project_id}/volumes',
    permission: 'project',
    subject: 'project',
    audit: 'volume.list',
    summary: 'Volumes of a project',
    tag: 'volumes',
    params: projectParams,
    query: listQuery,
    response: list(volume),
    status: 200,
  }),
  volumesDetail: route({
    name: 'volumesDetail',
    method: 'GET',
    path: '/v2/volumes/{id}/detail',
    permission: 'project',
    subject: 'volume',
    audit: 'volume.read',
    summary: 'One volume',
    tag: 'volumes',
    params: idParams,
    response: result(volume),
    status: 200,
  }),
  volumesDelete: route({
    name: 'volumesDelete',
    method: 'DELETE',
    path: '/v2/volumes/{id}',
    permission: 'project',
    subject: 'volume',
    audit: 'volume.delete',
    summary: 'Delete a volume that is attached to nothing',
    tag: 'volumes',
    params: idParams,
    body: z.object({ force: z.boolean().optional(), clear_fstab: z.boolean().optional() }).optional(),
    response: undefined,
    status: 204,
  }),
  addressesList: route({
    name: 'addressesList',
    method: 'GET',
    path: '/v2/projects/{project_id}/addresses',
    permission: 'project',
    subject: 'project',
    audit: 'address.list',
    summary: 'Addresses of a project',
    tag: 'addresses',
    params: projectParams,
    query: listQuery,
    response: list(address),
    status: 200,
  }),
  addressesDetail: route({
    name: 'addressesDetail',
    method: 'GET',
    path: '/v2/addresses/{id}/detail',
    permission: 'project',
    subject: 'address',
    audit: 'address.read',
    summary: 'One address',
    tag: 'addresses',
    params: idParams,
    response: result(address),
    status: 200,
  }),
  addressesDelete: route({
    name: 'addressesDelete',
    method: 'DELETE',
    path: '/v2/addresses/{id}',
    permission: 'project',
    subject: 'address',
    audit: 'address.delete',
    summary: 'Give an address back that is attached to nothing',
    tag: 'addresses',
    params: idParams,
    response: undefined,
    status: 204,
  }),
}
