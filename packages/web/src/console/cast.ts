import { t } from '../i18n/index.ts'
import type { Glyph } from '../ui/states.ts'
import type { System } from './use-operator.ts'

export const characters = ['bill', 'fields', 'silicon', 'rabbit'] as const
export type Character = (typeof characters)[number]

const playedBy: Record<Character, readonly string[]> = {
  bill: ['billmanager'],
  fields: ['tungsten', 'config', 'analytics'],
  silicon: ['nova', 'cinder', 'glance', 'keystone', 'neutron', 'placement', 'octavia'],
  rabbit: ['rabbitmq'],
}

/** Which character a system belongs to; undefined for the supporting cast. */
export const characterOf = (system: string): Character | undefined =>
  characters.find((character) => playedBy[character].includes(system))

export interface Role {
  character: Character
  name: string
  /** What it really is. */
  is: string
  systems: System[]
  glyph: Glyph
}

const worst: readonly Glyph[] = ['err', 'silent', 'warn', 'ok', 'off']

/** A system that answered OK and changed nothing is silent, unless worse is known of it. */
export const glyphOf = (system: System): Glyph => (system.state === 'err' ? 'err' : system.silences > 0 ? 'silent' : system.state)

/** The cast in its order, each with the systems that it stands for and the state of the worst of them. */
export function castOf(systems: readonly System[]): Role[] {
  const names = {
    bill: { name: t('operator.silentBill'), is: t('operator.silentBillIs') },
    fields: { name: t('operator.tungstenFields'), is: t('operator.tungstenFieldsIs') },
    silicon: { name: t('operator.siliconLifeform'), is: '' },
    rabbit: { name: t('operator.whiteRabbit'), is: t('operator.whiteRabbitIs') },
  }
  return characters.map((character) => {
    const own = systems.filter(({ system }) => characterOf(system) === character)
    return {
      character,
      ...names[character],
      ...(character === 'silicon' ? { is: t('operator.siliconLifeformIs', { count: own.length }) } : {}),
      systems: own,
      glyph: worst.find((glyph) => own.some((system) => glyphOf(system) === glyph)) ?? 'off',
    }
  })
}

/** Share of answers that were answers, between 0 and 1; undefined before the first call. */
export const answeredShare = ({ calls, errors }: Pick<System, 'calls' | 'errors'>): number | undefined =>
  calls === 0 ? undefined : (calls - errors) / calls
/** Share of answers that a read-back did not contradict. */
export const confirmedShare = ({ calls, errors, silences }: Pick<System, 'calls' | 'errors' | 'silences'>): number | undefined =>
  calls - errors <= 0 ? undefined : (calls - errors - silences) / (calls - errors)
