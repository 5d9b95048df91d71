import { describe, expect, test } from 'vitest'
import { decodeNode } from '../src/analytics/nodes.ts'
import { nodeCases } from './nodes-cases.ts'

describe('the health of a node that says', () => {
  test.each(nodeCases)('$says', ({ role = 'vrouter', uve, problems, means = {} }) => {
    const node = decodeNode(role, 'compute-1', uve)
    expect(node).toMatchObject({ role, host: 'compute-1', healthy: problems.length === 0, problems, ...means })
  })
})
