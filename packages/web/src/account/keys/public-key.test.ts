import { expect, test } from 'vitest'
import { kindOf, mistakeInKey, nameIn } from './public-key.ts'

const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'B'.repeat(43)} laptop of ada`

test('a public key is taken with and without its comment', () => {
  expect(mistakeInKey(key)).toBeUndefined()
  expect(mistakeInKey(`  ${key.split(' ').slice(0, 2).join(' ')}\n`)).toBeUndefined()
})

test('a private key is never sent', () => {
  expect(mistakeInKey('-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n-----END OPENSSH PRIVATE KEY-----')).toBe('private')
})

test('what is no key is said to be none', () => {
  expect(mistakeInKey(' \n')).toBe('missing')
  for (const text of ['hello', 'ssh-ed25519', 'ssh-ed25519 AAAA', `${key}\n${key}`])
    expect(mistakeInKey(text), text).toBe('shape')
})

test('a key tells its kind and how its owner calls it', () => {
  expect(kindOf(key)).toBe('ed25519')
  expect(nameIn(key)).toBe('laptop of ada')
  expect(nameIn('ssh-ed25519 AAAA')).toBe('')
})
