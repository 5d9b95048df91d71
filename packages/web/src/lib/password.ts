/** How hard a password is to guess, told in words. Length counts, rules of composition do not (NIST SP 800-63B, section 5.1.1). */
export type Strength =
  | { kind: 'short'; missing: number; marks: 0 }
  | { kind: 'weak' | 'fair' | 'good' | 'strong'; marks: 1 | 2 | 3 | 4 }

const common = /password|qwerty|йцукен|пароль|123456|111111|abc123|letmein|straylight/i

export function strengthOf(password: string, minLength: number): Strength {
  const length = [...password].length
  if (length < minLength) return { kind: 'short', missing: minLength - length, marks: 0 }
  // A repeated or well-known piece adds little: what counts is how many different characters there are.
  const variety = new Set(password.toLowerCase()).size
  const effective = Math.min(length, variety * 1.6) - (common.test(password) ? 6 : 0)
  if (effective < 8) return { kind: 'weak', marks: 1 }
  if (effective < 12) return { kind: 'fair', marks: 2 }
  if (effective < 18) return { kind: 'good', marks: 3 }
  return { kind: 'strong', marks: 4 }
}
