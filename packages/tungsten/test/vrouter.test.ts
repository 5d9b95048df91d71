import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  clampedMss,
  decodeNode,
  documentedKernels,
  encapsulations,
  fabricMtuFor,
  innerMtu,
  kernelSupport,
  mtuOption,
  safeGuestMtu,
  tunnelOverhead,
} from '../src/index.ts'

describe('the MTU', () => {
  test('of a guest is that of the fabric without the tunnel', () => {
    expect(encapsulations.map((one) => [one, tunnelOverhead(one)])).toEqual([
      ['MPLSoGRE', 28],
      ['MPLSoUDP', 32],
      ['VXLAN', 50],
    ])
    expect(tunnelOverhead('MPLSoUDP', { bridged: true })).toBe(46)
    expect(tunnelOverhead('MPLSoUDP', { bridged: true, controlWord: true })).toBe(50)
    expect(tunnelOverhead('MPLSoGRE', { extraLabels: 1 })).toBe(32)
    expect(innerMtu('VXLAN', 1500)).toBe(1450)
  })

  test('that is safe fits into every tunnel, and a fabric made for it keeps it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1280, max: 9216 }), (fabric) => {
        for (const one of encapsulations)
          for (const bridged of [false, true])
            expect(safeGuestMtu(fabric) + tunnelOverhead(one, { bridged, controlWord: bridged })).toBeLessThanOrEqual(fabric)
        expect(safeGuestMtu(fabricMtuFor(fabric))).toBeGreaterThanOrEqual(fabric)
      }),
    )
    expect([safeGuestMtu(1500), fabricMtuFor(1500)]).toEqual([1450, 1562])
  })

  test('that the vRouter clamps TCP to is what its source says', () => {
    expect(clampedMss(1500)).toBe(1420)
    expect(clampedMss(1500, { bridged: true })).toBe(1398)
    expect(clampedMss(1500, { ipVersion: 6 })).toBe(1400)
  })

  test('reaches a guest by DHCP option 26', () => {
    expect(mtuOption(1450)).toEqual({ opt_name: '26', opt_value: '1450' })
  })
})

describe('a kernel', () => {
  test.each([
    ['5.4.0-92-generic', 'documented', ['R21.12']],
    ['3.10.0-1160.25.1.el7.x86_64', 'documented', ['R21.12']],
    ['4.18.0-305.19.1.el8_4.x86_64', 'documented', ['R21.12']],
    ['3.10.0-1127.el7.x86_64', 'built', []],
    ['5.4.0-920-generic', 'source', ['OpenSDN']],
    ['6.8.0-40-generic', 'source', ['OpenSDN']],
    ['6.10.1', 'unknown', []],
    ['2.6.32-754.el6', 'unknown', []],
    ['nonsense', 'unknown', []],
  ])('%s is %s', (kernel, support, releases) => {
    expect(kernelSupport(kernel)).toMatchObject({ support, releases })
  })

  test('that only one line of the source knows depends on the line', () => {
    expect(kernelSupport('6.1.0-13-amd64', 'OpenSDN').support).toBe('source')
    expect(kernelSupport('6.1.0-13-amd64', 'Tungsten Fabric').support).toBe('unknown')
  })

  test('of every documented row is found, and each row has its source', () => {
    for (const { kernel, release, source } of documentedKernels) {
      expect(kernelSupport(`${kernel}-generic`).releases).toContain(release)
      expect(source).toMatch(/^https:/)
    }
  })
})

describe('a node', () => {
  const status = (more: object) => ({ NodeStatus: { process_status: [{ module_id: 'agent', state: 'Functional' }], ...more } })

  test('is healthy when every module works and every process runs', () => {
    expect(decodeNode('vrouter', 'compute-1', status({}))).toMatchObject({ healthy: true, problems: [] })
  })

  test('tells what is wrong in words', () => {
    const connection = { type: 'XMPP', name: 'control-node:10.0.0.1', status: 'Down' }
    const sick = status({
      deleted: true,
      process_status: [
        { module_id: 'agent', state: 'Non-Functional', description: 'no control', connection_infos: [connection] },
      ],
      process_info: [{ process_name: 'dns', process_state: 'PROCESS_STATE_STOPPED', core_file_list: ['a', 'b'] }],
    })
    expect(decodeNode('vrouter', 'compute-1', sick).problems).toEqual([
      'is gone',
      'agent is Non-Functional: no control; XMPP control-node:10.0.0.1 is Down',
      'dns is PROCESS_STATE_STOPPED',
      'dns has left 2 core files',
    ])
  })

  test('that says nothing about itself is not healthy', () => {
    expect(decodeNode('vrouter', 'compute-1', {}).problems).toEqual(['reports no status'])
    expect(decodeNode('vrouter', 'compute-1', { NodeStatus: {} }).problems).toEqual(['no module reports its state'])
  })

  test('tells the version of its agent when it can be read', () => {
    const version = (build_info: string) => decodeNode('vrouter', 'c', { VrouterAgent: { build_info } }).version
    expect(version('{"build-info":[{"build-version":"21.4.1"}]}')).toBe('21.4.1')
    expect(version('not json')).toBeUndefined()
  })
})
