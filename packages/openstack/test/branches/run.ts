import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isSameRule } from '../../src/network/rule-match.ts'
import { decodeNotification } from '../../src/notifications/decode.ts'
import { parseUtc } from '../../src/times.ts'
import { agree, formatVersion, fromVersionDocument, parseVersion, type Version } from '../../src/versions.ts'
import { classify } from '../../src/errors.ts'
import { errorCases } from '../errors-cases.ts'
import { fieldCases, readField, ruleCases, timeCases, versionCases } from '../normalizers-cases.ts'
import { notificationCases } from '../notifications-cases.ts'

// Run by branches.test.ts under Node's own coverage: every case of the tables once. What they must give is asserted elsewhere.
const quietly = (run: () => unknown) => {
  try {
    run()
  } catch {
    // refusals are cases too
  }
}

test('every case runs', () => {
  for (const { service, method = 'POST', url = 'http://cloud/v2/things', status, headers = {}, body } of errorCases)
    classify(
      service,
      { method, url },
      { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) },
    )
  for (const { one, other } of ruleCases) isSameRule(one, other)
  for (const [text] of timeCases) parseUtc(text)
  for (const { read, value } of fieldCases) quietly(() => readField(read, value))
  for (const { body, exchange } of notificationCases) quietly(() => decodeNotification(body, exchange))
  const version = (text: string): Version => parseVersion(text) as Version
  for (const { ours, theirs, bounds } of versionCases)
    quietly(() =>
      formatVersion(
        agree(
          'nova',
          { min: version(ours[0]), max: version(ours[1]) },
          { min: version(theirs[0]), max: version(theirs[1]) },
          bounds,
        ),
      ),
    )
  quietly(() => fromVersionDocument('nova', { version: { version: '2.93', min_version: '2.1' } }))
  quietly(() => fromVersionDocument('cinder', { versions: [{ version: '', min_version: '' }, { version: '3.70' }] }))
  quietly(() =>
    fromVersionDocument('placement', {
      versions: [
        { max_version: '1.9', min_version: '1.0' },
        { max_version: '1.39', min_version: '1.0' },
      ],
    }),
  )
})

test('every recorded notification is read', () => {
  const folder = new URL('../samples/notifications/', import.meta.url)
  for (const file of readdirSync(folder)) {
    const { exchange, message } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { exchange: string; message: object }
    decodeNotification(message, exchange)
  }
})
