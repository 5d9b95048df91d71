import { test } from 'node:test'
import { classify, garbled } from '../../src/errors.ts'
import { errorCases } from '../errors-cases.ts'

// Run by errors.test.ts under Node's own coverage: every case once. What they must give is asserted there.
test('every case runs', () => {
  for (const { method = 'POST', path = '/things', status, headers, body } of errorCases)
    classify({ method, path, status, body, ...(headers ? { headers } : {}) })
  classify({ method: 'GET', path: '/', status: 500, body: 'x'.repeat(500) })
  garbled('here', 'expected JSON')
})
