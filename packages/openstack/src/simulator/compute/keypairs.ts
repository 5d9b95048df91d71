import { createHash, generateKeyPairSync } from 'node:crypto'
import { asObject, asText, type Call } from '../call.ts'
import { nextQuery, page } from '../lists.ts'
import { computeNotice } from '../notifications/compute.ts'
import type { Route } from '../router.ts'
import type { Row } from '../table.ts'
import { databaseTime } from '../times.ts'
import type { World } from '../world.ts'
import { bad, computeRoute, conflicting, invalidField, links, missing, policy } from './answers.ts'
import { spendKeypair } from './quotas.ts'

export interface Keypair extends Row {
  name: string
  userId: string
  publicKey: string
  fingerprint: string
  type: 'ssh' | 'x509'
  number: number
  createdMs: number
}

export const routes: Route[] = [
  computeRoute('GET', '/os-keypairs', list),
  computeRoute('POST', '/os-keypairs', create),
  computeRoute('GET', '/os-keypairs/:name', (call) => ({ status: 200, body: { keypair: detail(call, keypairOr404(call)) } })),
  computeRoute('DELETE', '/os-keypairs/:name', remove),
]

const idOf = (userId: string, name: string): string => `${userId}/${name}`

export const findKeypair = (world: World, userId: string, name: string): Keypair | undefined =>
  world.keypairs.get(idOf(userId, name))

const brief = (call: Call, keypair: Keypair) => ({
  name: keypair.name,
  public_key: keypair.publicKey,
  fingerprint: keypair.fingerprint,
  ...(call.version >= 2 ? { type: keypair.type } : {}),
})

const detail = (call: Call, keypair: Keypair) => ({
  name: keypair.name,
  public_key: keypair.publicKey,
  fingerprint: keypair.fingerprint,
  user_id: keypair.userId,
  created_at: databaseTime(keypair.createdMs),
  deleted: false,
  deleted_at: null,
  id: keypair.number,
  updated_at: null,
  ...(call.version >= 2 ? { type: keypair.type } : {}),
})

/** Keys belong to users, not to projects. An administrator may name another one from 2.10 on. */
function ownerOf(call: Call, asked: string | undefined | null): string {
  if (!asked || asked === call.who.userId) return call.who.userId
  if (call.version < 10) return call.who.userId
  if (!call.who.isAdmin) throw policy('os-keypairs:index')
  return asked
}

function keypairOr404(call: Call): Keypair {
  const userId = ownerOf(call, call.query.get('user_id'))
  const name = call.params.name ?? ''
  const keypair = findKeypair(call.world, userId, name)
  if (!keypair) throw missing(`Keypair ${name} not found for user ${userId}`)
  return keypair
}

function list(call: Call) {
  const { query } = call
  const mine = call.world.keypairs
    .where('userId', ownerOf(call, query.get('user_id')))
    .map((keypair) => ({ id: keypair.name, keypair }))
  mine.sort((a, b) => (a.id < b.id ? -1 : 1))
  const limit = call.version >= 35 ? Number(query.get('limit') ?? 1000) : 1000
  const { rows, more } = page(mine, call.version >= 35 ? query.get('marker') : null, limit, (marker) =>
    bad(`Marker ${marker} could not be found.`),
  )
  const last = rows.at(-1)
  return {
    status: 200,
    body: {
      keypairs: rows.map(({ keypair }) => ({ keypair: brief(call, keypair) })),
      ...(more && last
        ? { keypairs_links: [{ ...links(call, `os-keypairs?${nextQuery(query, last.id)}`)[0], rel: 'next' }] }
        : {}),
    },
  }
}

function create(call: Call) {
  const { world, version } = call
  const wanted = asObject(call.body.keypair)
  const name = asText(wanted.name)
  if (name === undefined) throw invalidField('keypair', wanted, "'name' is a required property")
  if (!/^[A-Za-z0-9 _.@-]{1,255}$/.test(name)) throw bad('Keypair data is invalid: Keypair name contains unsafe characters')
  const userId = ownerOf(call, asText(wanted.user_id))
  if (findKeypair(world, userId, name)) throw conflicting(`Key pair '${name}' already exists.`)
  const given = asText(wanted.public_key)
  // From 2.92 on Nova makes no keys.
  if (given === undefined && version >= 92) throw invalidField('keypair', wanted, "'public_key' is a required property")
  spendKeypair(world, userId, call.who.projectId)
  const made = given === undefined ? generate() : undefined
  const publicKey = given?.trim() ?? made?.publicKey ?? ''
  const keypair = world.keypairs.insert({
    id: idOf(userId, name),
    name,
    userId,
    publicKey,
    fingerprint: fingerprintOf(publicKey),
    type: asText(wanted.type) === 'x509' ? 'x509' : 'ssh',
    number: world.next('keypair'),
    createdMs: world.nowMs,
  })
  notice(world, given === undefined ? 'create' : 'import', keypair, call.who.projectId)
  return {
    status: version >= 2 ? 201 : 200,
    body: {
      keypair: {
        ...(version >= 2 ? { type: keypair.type } : {}),
        name,
        public_key: publicKey,
        fingerprint: keypair.fingerprint,
        user_id: userId,
        ...(made ? { private_key: made.privateKey } : {}),
      },
    },
  }
}

const unreadable = () => bad('Keypair data is invalid: failed to generate fingerprint')

/** MD5 of the key itself, as ssh printed it of old. @throws Refusal 400 for what is no public key. */
function fingerprintOf(publicKey: string): string {
  const [type = '', blob = ''] = publicKey.split(/\s+/)
  const bytes = Buffer.from(blob, 'base64')
  if (!/^(ssh|ecdsa|sk)-/.test(type) || bytes.length < 16) throw unreadable()
  const length = bytes.readUInt32BE(0)
  if (bytes.subarray(4, 4 + length).toString('latin1') !== type) throw unreadable()
  return (createHash('md5').update(bytes).digest('hex').match(/../g) ?? []).join(':')
}

function generate(): { publicKey: string; privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), field(positive(e)), field(positive(n))])
  return {
    publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-Nova`,
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
  }
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** A big number of SSH: a leading zero keeps it from being negative. */
function positive(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url')
  return (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
}

function remove(call: Call) {
  const keypair = keypairOr404(call)
  call.world.keypairs.remove(keypair.id)
  notice(call.world, 'delete', keypair, call.who.projectId)
  return { status: call.version >= 2 ? 204 : 202 }
}

function notice(world: World, event: string, keypair: Keypair, projectId: string): void {
  for (const phase of ['start', 'end']) {
    world.notify('nova', `keypair.${event}.${phase}`, 'api.lab', () => ({
      tenant_id: projectId,
      user_id: keypair.userId,
      key_name: keypair.name,
    }))
    computeNotice(world, `keypair.${event}.${phase}`, 'nova-api', () => ({
      'nova_object.name': 'KeypairPayload',
      'nova_object.namespace': 'nova',
      'nova_object.version': '1.0',
      'nova_object.data': {
        user_id: keypair.userId,
        name: keypair.name,
        fingerprint: keypair.fingerprint,
        public_key: keypair.publicKey,
        type: keypair.type,
      },
    }))
  }
}
