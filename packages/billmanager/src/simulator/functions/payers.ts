import { type Call, formAnswer, listAnswer, ok, okWithId, type PanelFunction } from '../call.ts'
import type { Profile } from '../entities.ts'
import { badValue, missing, refuse } from '../refusal.ts'

/** The most payers that one client may have. */
const atMost = 20

const ownFields = ['country', 'profiletype', 'name', 'person']

function profileOf(call: Call): Profile {
  const profile = call.thing('profile')
  if (!profile || !call.owns(profile.accountId)) throw missing('elid')
  return profile
}

export const payerFunctions: Record<string, PanelFunction> = {
  profile: {
    level: 16,
    run: (call) =>
      listAnswer(
        call,
        call.world.store
          .seen('profile')
          .filter(({ accountId }) => call.owns(accountId))
          .map(({ id, name, accountId, type, fields }) => ({
            id,
            name,
            account: accountId,
            profiletype: {
              text: ({ 1: 'Individual', 2: 'Company', 3: 'Sole proprietor' } as Record<string, string>)[type] ?? type,
              raw: type,
            },
            vatnum: fields.vatnum ?? '',
            status: 'active',
          })),
      ),
  },

  'profile.add': {
    level: 16,
    isForm: true,
    fields: ownFields,
    run(call) {
      const { store, catalogue } = call.world
      if (!call.sent) return formAnswer({ country: '', profiletype: '1', name: '', person: '' })
      const accountId = call.account.id
      const [type, name, person, countryId] = [
        call.param('profiletype'),
        call.param('name'),
        call.param('person'),
        call.param('country'),
      ]
      if (!['1', '2', '3'].includes(type)) throw badValue('profiletype', type)
      if (name === '') throw badValue('name', '')
      if (person === '') throw badValue('person', '')
      if (!catalogue.countries.some(({ id }) => id === countryId)) throw badValue('country', countryId)
      if (store.all('profile').filter((one) => one.accountId === accountId).length >= atMost) throw refuse('max_profiles')
      const profile = store.put('profile', {
        id: store.nextId('profile'),
        accountId,
        type,
        name,
        person,
        countryId,
        fields: call.fields(ownFields),
      })
      const contractId = store.nextId('contract')
      store.put('contract', {
        id: contractId,
        number: `D/${contractId}`,
        accountId,
        profileId: profile.id,
        signedOn: call.world.today(),
      })
      return okWithId(profile.id)
    },
  },

  'profile.edit': {
    level: 16,
    isForm: true,
    fields: ownFields,
    run(call) {
      const profile = profileOf(call)
      const { name, person, countryId, type, fields } = profile
      if (!call.sent) return formAnswer({ elid: profile.id, name, person, country: countryId, profiletype: type, ...fields })
      if (call.has('person') && call.param('person') === '') throw badValue('person', '')
      call.world.store.put('profile', {
        ...profile,
        name: call.param('name') || name,
        person: call.param('person') || person,
        fields: { ...fields, ...call.fields(ownFields) },
      })
      return ok()
    },
  },

  'profile.delete': {
    level: 16,
    run(call) {
      const profile = profileOf(call)
      const { store } = call.world
      if (store.find('payment', (one) => one.profileId === profile.id && one.status === 4)) throw refuse('payer_has_payments')
      for (const contract of store.all('contract').filter((one) => one.profileId === profile.id))
        store.remove('contract', contract.id)
      store.remove('profile', profile.id)
      return ok()
    },
  },
}
