import { newId } from '@straylight/kit'
import type { Secrets } from '../foundation/secrets.ts'

/**
 * What a browser keeps that has signed in before: sealed by us, so that it needs no table. A try that shows it is counted by itself, and not
 * with what strangers do to the account or behind the same address: https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 */
export interface Device {
  id: string
  accountId: string
}

const purpose = 'device'

export function newDevice(secrets: Secrets, accountId: string): string {
  const device: Device = { id: newId(), accountId }
  return secrets.seal(purpose, JSON.stringify(device)).toString('base64url')
}

/** @returns undefined for what we did not seal */
export function readDevice(secrets: Secrets, shown: string | undefined): Device | undefined {
  if (!shown) return undefined
  try {
    return JSON.parse(secrets.open(purpose, Buffer.from(shown, 'base64url'))) as Device
  } catch {
    return undefined
  }
}
