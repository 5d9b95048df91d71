import { hash, verify } from '@node-rs/argon2'
import { invalid } from '@straylight/kit'

// OWASP's second recommendation for argon2id: 19 MiB, 2 passes, 1 lane. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const argon2id = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(password, argon2id)
export const verifyPassword = (hashed: string, password: string): Promise<boolean> => verify(hashed, password)

let decoy: Promise<string> | undefined
/** Takes as long as a real check, so that an unknown email cannot be told from a wrong password by the time of the answer. */
export const verifyAgainstNobody = async (password: string): Promise<false> => {
  decoy ??= hashPassword('nobody has this password')
  await verifyPassword(await decoy, password)
  return false
}

/** The most common words that people put in passwords of ten characters and more; from what leaks show, short of shipping a list of leaks. */
const commonPatterns = [
  /^(.)\1+$/,
  /^(?:0123456789|1234567890|qwertyuiop|qwertyuiop\[\]|asdfghjkl;|йцукенгшщз).*$/i,
  /^(?:password|passw0rd|пароль|qwerty|letmein|welcome|administrator|iloveyou)[\d!@#$%.]*$/i,
]

/** Refuses what is guessed first: repeated characters, keyboard rows, the service's name, the own email. @throws CallerError naming `field` */
export function refuseGuessable(password: string, email: string, field: string): void {
  const lower = password.toLowerCase()
  const [local = ''] = email.toLowerCase().split('@')
  const guessable =
    commonPatterns.some((pattern) => pattern.test(password)) ||
    lower.includes('straylight') ||
    lower === email.toLowerCase() ||
    (local.length >= 4 && lower.includes(local))
  if (guessable)
    throw invalid('account.password_guessable', 'This password would be guessed soon.', {
      description:
        'Use a few unrelated words, or let a password manager make one. It must not hold the email or the name of the service.',
      fields: [{ field, message: 'choose a password that is harder to guess' }],
    })
}
