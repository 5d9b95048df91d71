import { asText, type Call, Refusal } from '../call.ts'
import { type Route, route } from '../router.ts'
import { seconds } from '../times.ts'
import { type Image, type ImageMember, visibleImage } from './images.ts'

export const routes: Route[] = [
  route('GET', '/v2/images/:image/members', list),
  route('POST', '/v2/images/:image/members', add),
  route('GET', '/v2/images/:image/members/:member', (call) => ({ status: 200, body: view(memberOr404(call)) })),
  route('PUT', '/v2/images/:image/members/:member', decide),
  route('DELETE', '/v2/images/:image/members/:member', remove),
]

const view = (member: ImageMember) => ({
  member_id: member.memberId,
  image_id: member.imageId,
  status: member.status,
  created_at: seconds(member.createdMs),
  updated_at: seconds(member.updatedMs),
  schema: '/v2/schemas/member',
})

const owns = (call: Call, image: Image): boolean => call.who.isAdmin || image.ownerId === call.who.projectId

function sharedImage(call: Call): Image {
  const image = visibleImage(call)
  if (image.visibility !== 'shared') throw new Refusal(403, 'Only shared images have members.')
  return image
}

function memberOr404(call: Call): ImageMember {
  const image = sharedImage(call)
  const id = call.params.member ?? ''
  const member = call.world.imageMembers.get(`${image.id}/${id}`)
  if (!member || (!owns(call, image) && id !== call.who.projectId))
    throw new Refusal(404, `${id} not found in the member list of the image ${image.id}.`)
  return member
}

function list(call: Call) {
  const image = sharedImage(call)
  const members = call.world.imageMembers
    .where('imageId', image.id)
    .filter((member) => owns(call, image) || member.memberId === call.who.projectId)
  return { status: 200, body: { members: members.map(view), schema: '/v2/schemas/members' } }
}

function add(call: Call) {
  const image = sharedImage(call)
  if (!owns(call, image)) throw new Refusal(403, `Not allowed to create members for image ${image.id}.`)
  const memberId = asText(call.body.member)
  if (!memberId) throw new Refusal(400, 'Member to be added not specified')
  const id = `${image.id}/${memberId}`
  if (call.world.imageMembers.has(id)) throw new Refusal(409, `Member ${memberId} is duplicated for image ${image.id}`)
  const now = call.world.nowMs
  const member = call.world.imageMembers.insert({
    id,
    imageId: image.id,
    memberId,
    status: 'pending',
    createdMs: now,
    updatedMs: now,
  })
  return { status: 200, body: view(member) }
}

/** Only the project that an image is shared with accepts or rejects it; its owner may not. */
function decide(call: Call) {
  const member = memberOr404(call)
  if (!call.who.isAdmin && member.memberId !== call.who.projectId)
    throw new Refusal(403, `Not allowed to update members for image ${member.imageId}.`)
  const status = asText(call.body.status)
  if (status !== 'accepted' && status !== 'rejected' && status !== 'pending')
    throw new Refusal(400, `Status must be "pending", "accepted" or "rejected".`)
  return { status: 200, body: view(call.world.imageMembers.update(member.id, { status, updatedMs: call.world.nowMs })) }
}

function remove(call: Call) {
  const member = memberOr404(call)
  const image = visibleImage(call)
  if (!owns(call, image)) throw new Refusal(403, `Not allowed to delete members for image ${image.id}.`)
  call.world.imageMembers.remove(member.id)
  return { status: 204, headers: { 'Content-Type': 'text/html; charset=UTF-8' } }
}
