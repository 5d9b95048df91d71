import { expect, test } from 'vitest'
import { commandsIn } from './use-server-menu.ts'

test('the palette offers what the menu of a server offers, but nothing that cannot be done now', () => {
  const ran: string[] = []
  const commands = commandsIn(
    [
      { label: 'Start', disabledReason: 'It runs already', onSelect: () => ran.push('start') },
      { label: 'Stop', onSelect: () => ran.push('stop') },
      '-',
      { label: 'Console', to: '/console' },
    ],
    'web-01',
  )
  expect(commands.map(({ label, note, to }) => [label, note, to])).toEqual([
    ['Stop', 'web-01', undefined],
    ['Console', 'web-01', '/console'],
  ])
  commands[0]?.run?.()
  expect(ran).toEqual(['stop'])
})
