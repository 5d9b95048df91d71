import { beforeAll, describe, expect, test } from 'vitest'
import { type Customer, must, type World } from './target.ts'

export function identityContract(world: () => World): void {
  describe('identity', () => {
    let customer: Customer
    beforeAll(async () => {
      customer = await world().customer()
    })

    test('a token says who, where, with which roles, until when, and where the services are', async () => {
      const token = await world().admin.token()
      expect(token.expiresAt.getTime()).toBeGreaterThan(token.issuedAt.getTime())
      expect(token.user.name).toBe('portal')
      expect(token.roles).toContain('admin')
      expect(token.project?.id).toMatch(/^[0-9a-f]{32}$/)
      expect([...token.catalogue.keys()]).toEqual(
        expect.arrayContaining(['identity', 'compute', 'image', 'network', 'volumev3', 'placement']),
      )
    })

    test('one token serves every call of a scope', async () => {
      const first = await world().admin.token()
      await world().admin.identity.domains.list().all()
      expect(await world().admin.token()).toBe(first)
    })

    test('a wrong password is refused in the same words for known and unknown users', async () => {
      const { target } = world()
      const refusals = []
      for (const username of [customer.userName, 'nobody-of-that-name']) {
        const stranger = world().open({ username, password: 'wrong', userDomain: target.customersDomain })
        refusals.push(await world().refused(() => stranger.as({ projectId: customer.projectId }).token()))
      }
      for (const { error, status, headers, body } of refusals) {
        expect(status).toBe(401)
        expect(headers['www-authenticate']).toMatch(/^Keystone uri=/)
        expect(body).toEqual({
          error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
        })
        expect(error).toMatchObject({
          kind: 'unauthenticated',
          code: 'keystone.credentials_refused',
          retryable: false,
          effect: 'none',
        })
        expect(error.requestId).toMatch(/^req-/)
      }
    })

    test('a user gets no token for a project where it has no role', async () => {
      const { identity } = world().admin
      const project = must(await identity.projects.list({ name: 'admin' }).first())
      const { status } = await world().refused(() => customer.ownCloud.as({ projectId: project.id }).token())
      expect(status).toBe(401)
    })

    test('a customer acts as itself in its own project', async () => {
      const whoami = await customer.own.identity.whoami()
      expect(whoami).toMatchObject({ userId: customer.userId, userName: customer.userName, projectId: customer.projectId })
      expect(whoami.roles.sort()).toEqual(['member', 'reader'])
    })

    test('a customer may not list all projects or users', async () => {
      for (const list of [() => customer.own.identity.projects.list().all(), () => customer.own.identity.users.list().all()]) {
        const { error, status, body } = await world().refused(list)
        expect(status).toBe(403)
        expect(error).toMatchObject({ kind: 'forbidden', code: 'keystone.forbidden', effect: 'none' })
        expect(body).toMatchObject({ error: { code: 403, title: 'Forbidden' } })
      }
    })

    test('a project is found by its exact name in its domain, and a second of that name is refused', async () => {
      const { projects, domains } = world().admin.identity
      const domain = must(await domains.find({ name: world().target.customersDomain }))
      const found = must(await projects.find({ name: customer.userName, domainId: domain.id }))
      expect(found).toMatchObject({ id: customer.projectId, domainId: domain.id, enabled: true, description: '' })
      expect(await projects.find({ name: `${customer.userName}x`, domainId: domain.id })).toBeUndefined()
      const { error, status } = await world().refused(() => projects.create({ name: customer.userName, domainId: domain.id }))
      expect(status).toBe(409)
      expect(error).toMatchObject({ kind: 'conflict', code: 'keystone.exists', effect: 'none' })
    })

    test('a project is renamed and described', async () => {
      const { projects } = world().admin.identity
      const changed = await projects.update(customer.projectId, { description: 'of the contract' })
      expect(changed).toMatchObject({ id: customer.projectId, description: 'of the contract' })
      expect(await projects.get(customer.projectId)).toEqual(changed)
    })

    test('nobody gets a new token for a disabled project', async () => {
      const { projects } = world().admin.identity
      const { target } = world()
      const login = () =>
        world()
          .open({ username: customer.userName, password: customer.password, userDomain: target.customersDomain })
          .as({ projectId: customer.projectId })
          .token()
      expect(await projects.disable(customer.projectId)).toMatchObject({ enabled: false })
      const { error, status } = await world().refused(login)
      await projects.update(customer.projectId, { enabled: true })
      expect(status).toBe(401)
      expect(error).toMatchObject({ kind: 'unauthenticated', code: 'keystone.credentials_refused' })
      expect((await login()).project?.id).toBe(customer.projectId)
    })

    test('granting a role twice is no error, revoking it twice is', async () => {
      const { roles } = world().admin.identity
      const reader = must(await roles.find({ name: 'reader' }))
      const grant = { roleId: reader.id, userId: customer.userId, projectId: customer.projectId }
      expect(await roles.isGranted(grant)).toBe(false)
      await roles.grant(grant)
      await roles.grant(grant)
      expect(world().lastAnswer.status).toBe(204)
      expect(await roles.isGranted(grant)).toBe(true)
      await roles.revoke(grant)
      expect(await roles.isGranted(grant)).toBe(false)
      const { status, error } = await world().refused(() => roles.revoke(grant))
      expect(status).toBe(404)
      expect(error.kind).toBe('not_found')
    })

    test('a user is found by name and changed', async () => {
      const { users, domains } = world().admin.identity
      const domain = must(await domains.find({ name: world().target.customersDomain }))
      expect(await users.find({ name: customer.userName, domainId: domain.id })).toMatchObject({
        id: customer.userId,
        enabled: true,
      })
      expect(await users.find({ name: 'nobody-of-that-name', domainId: domain.id })).toBeUndefined()
      expect(await users.update(customer.userId, { description: 'a buyer' })).toMatchObject({ description: 'a buyer' })
      expect(await users.get(customer.userId)).toMatchObject({ name: customer.userName, description: 'a buyer' })
      expect(await domains.get(domain.id)).toEqual(domain)
    })

    test('a user changes its own password, and the old one is refused from then on', async () => {
      const other = await world().customer()
      const { target } = world()
      await other.own.identity.users.changePassword(other.userId, { from: other.password, to: 'another-of-the-contract' })
      const login = (password: string) =>
        world()
          .open({ username: other.userName, password, userDomain: target.customersDomain })
          .as({ projectId: other.projectId })
          .token()
      expect((await world().refused(() => login(other.password))).status).toBe(401)
      expect((await login('another-of-the-contract')).user.id).toBe(other.userId)
    })

    test('a changed password ends the tokens, and the next call gets another by itself', async () => {
      const { users } = world().admin.identity
      const before = await customer.own.token()
      await users.update(customer.userId, { password: customer.password })
      // revocations count whole seconds: a token of the same second would be refused too
      await world().target.clock.sleep(1100)
      expect(await customer.own.identity.projects.get(customer.projectId)).toMatchObject({ id: customer.projectId })
      expect((await customer.own.token()).value).not.toBe(before.value)
    })

    test('an application credential gives its project and no other', async () => {
      const { applicationCredentials } = customer.own.identity
      const created = await applicationCredentials.create(customer.userId, { name: 'automation', roles: ['member'] })
      expect(created).toMatchObject({
        name: 'automation',
        projectId: customer.projectId,
        roles: ['member'],
        isUnrestricted: false,
      })
      expect(created.secret.length).toBeGreaterThan(20)
      expect(await applicationCredentials.find(customer.userId, { name: 'automation' })).toMatchObject({ id: created.id })
      expect(await applicationCredentials.get(customer.userId, created.id)).toMatchObject({
        name: 'automation',
        roles: ['member'],
      })
      const automation = world().open({ applicationCredentialId: created.id, secret: created.secret })
      expect(await automation.as({ projectId: customer.projectId }).identity.whoami()).toMatchObject({ userId: customer.userId })
      await expect(automation.as({ projectId: 'another' }).token()).rejects.toMatchObject({ code: 'keystone.other_scope' })
      await applicationCredentials.remove(customer.userId, created.id)
      const again = world().open({ applicationCredentialId: created.id, secret: created.secret })
      const { status, error } = await world().refused(() => again.as({ projectId: customer.projectId }).token())
      expect(status).toBe(404)
      expect(error).toMatchObject({ kind: 'unauthenticated', code: 'keystone.credentials_refused', retryable: false })
    })

    test('what is not there is 404 in the words of Keystone', async () => {
      const { error, status, body } = await world().refused(() =>
        world().admin.identity.projects.get('00000000000000000000000000000000'),
      )
      expect(status).toBe(404)
      expect(body).toMatchObject({
        error: { code: 404, title: 'Not Found', message: expect.stringContaining('Could not find project') },
      })
      expect(error).toMatchObject({ kind: 'not_found', code: 'keystone.not_found' })
    })
  })
}
