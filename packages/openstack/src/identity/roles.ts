import { assert } from '@straylight/kit'
import { fields } from '../decode.ts'
import type { Listing } from '../listing.ts'
import { path, type Service } from '../service.ts'

export interface Role {
  id: string
  name: string
}

export function fromKeystone(raw: unknown): Role {
  const role = fields('keystone', 'role', raw)
  return { id: role.text('id'), name: role.text('name') }
}

/** Who has which role where. Exactly one of `userId` and `groupId`, and of `projectId` and `domainId`. */
export interface Grant {
  roleId: string
  userId?: string | undefined
  groupId?: string | undefined
  projectId?: string | undefined
  domainId?: string | undefined
  /** The role holds on every project of the domain (or below the project) instead of on itself. */
  inherited?: boolean | undefined
}

export interface RoleAssignment extends Grant {
  inherited: boolean
}

function assignmentFromKeystone(raw: unknown): RoleAssignment {
  const assignment = fields('keystone', 'role assignment', raw)
  const scope = assignment.child('scope')
  return {
    roleId: assignment.child('role').text('id'),
    userId: assignment.maybeChild('user')?.text('id'),
    groupId: assignment.maybeChild('group')?.text('id'),
    projectId: scope.maybeChild('project')?.text('id'),
    domainId: scope.maybeChild('domain')?.text('id'),
    inherited: scope.has('OS-INHERIT:inherited_to'),
  }
}

export class Roles {
  readonly #keystone: Service

  constructor(keystone: Service) {
    this.#keystone = keystone
  }

  list(filter: { name?: string | undefined } = {}): Listing<Role> {
    return this.#keystone.list('/roles', 'roles', fromKeystone, { query: { name: filter.name } })
  }

  find(wanted: { name: string }): Promise<Role | undefined> {
    return this.list(wanted).first((role) => role.name === wanted.name)
  }

  /** Granting what is granted already is no error. */
  async grant(grant: Grant): Promise<void> {
    await this.#keystone.put(grantPath(grant))
  }

  /** Ends the tokens that the user has in that scope. Fails with `not_found` when the role was not granted. */
  async revoke(grant: Grant): Promise<void> {
    await this.#keystone.delete(grantPath(grant))
  }

  async isGranted(grant: Grant): Promise<boolean> {
    return (await this.assignments(grant).first((found) => found.inherited === (grant.inherited === true))) !== undefined
  }

  assignments(filter: Partial<Grant> = {}): Listing<RoleAssignment> {
    return this.#keystone.list('/role_assignments', 'role_assignments', assignmentFromKeystone, {
      query: {
        'role.id': filter.roleId,
        'user.id': filter.userId,
        'group.id': filter.groupId,
        'scope.project.id': filter.projectId,
        'scope.domain.id': filter.domainId,
        'scope.OS-INHERIT:inherited_to': filter.inherited === true ? 'projects' : undefined,
      },
    })
  }
}

function grantPath(grant: Grant): string {
  const { roleId, userId, groupId, projectId, domainId, inherited } = grant
  assert((userId === undefined) !== (groupId === undefined), 'a role is granted to one user or one group')
  assert((projectId === undefined) !== (domainId === undefined), 'a role is granted on one project or one domain')
  const where = projectId === undefined ? path`/domains/${domainId as string}` : path`/projects/${projectId}`
  const who = userId === undefined ? path`/groups/${groupId as string}` : path`/users/${userId}`
  const grantOn = `${where}${who}${path`/roles/${roleId}`}`
  return inherited === true ? `/OS-INHERIT${grantOn}/inherited_to_projects` : grantOn
}
