/** A kernel that a release of the vRouter was published for. The module is built for one exact kernel and does not load into another. */
export interface KernelSupport {
  release: string
  /** `CentOS 7.9`, `Ubuntu 20.04.3`, `RHEL 8.4`. */
  platform: string
  /** Kernel release as `uname -r` begins; the flavour (`-generic`, `.el7.x86_64`) is left out. */
  kernel: string
  openstack: readonly string[]
  source: string
}

const docs = 'https://github.com/tungstenfabric/docs/tree/6b0d876/release/releases'
const contrailCloud =
  'https://www.juniper.net/documentation/en_US/release-independent/solutions/topics/concept/contrail-cloud-reference-architecture-software.html'

/** What release notes document, oldest first. After R21.12 no table was published. */
export const documentedKernels: readonly KernelSupport[] = [
  { release: '5.0', platform: 'CentOS 7.4', kernel: '3.10.0-693.21.1', openstack: ['Ocata'], source: `${docs} r5.0` },
  { release: '5.0', platform: 'Ubuntu 16.04.3', kernel: '4.4.0-87', openstack: [], source: `${docs} r5.0` },
  {
    release: '5.0.1',
    platform: 'CentOS 7.5',
    kernel: '3.10.0-862.11.6',
    openstack: ['Queens', 'Ocata'],
    source: `${docs} r5.0.1`,
  },
  { release: '5.0.1', platform: 'Ubuntu 16.04.3', kernel: '4.4.0-112', openstack: [], source: `${docs} r5.0.1` },
  {
    release: '5.1',
    platform: 'CentOS 7.6',
    kernel: '3.10.0-957',
    openstack: ['Rocky', 'Queens', 'Ocata'],
    source: `${docs} r5.1`,
  },
  {
    release: '5.1',
    platform: 'CentOS 7.6',
    kernel: '3.10.0-957.12.2',
    openstack: ['Rocky', 'Queens', 'Ocata'],
    source: `${docs} r5.1`,
  },
  { release: '5.1', platform: 'RHEL 7.6', kernel: '3.10.0-957', openstack: ['RHOSP 13'], source: `${docs} r5.1` },
  { release: '5.1', platform: 'Ubuntu 16.04.5', kernel: '4.15.0-45', openstack: [], source: `${docs} r5.1` },
  { release: '5.1', platform: 'Ubuntu 18.04.2', kernel: '4.15.0-46', openstack: [], source: `${docs} r5.1` },
  { release: '5.1', platform: 'Ubuntu 18.04.2', kernel: '4.15.0-48', openstack: [], source: `${docs} r5.1` },
  { release: '1908', platform: 'RHEL 7.6', kernel: '3.10.0-957.5.1', openstack: ['RHOSP 13'], source: contrailCloud },
  { release: '1910', platform: 'RHEL 7.7', kernel: '3.10.0-1062.1.2', openstack: ['RHOSP 13'], source: contrailCloud },
  {
    release: 'R21.12',
    platform: 'CentOS 7.9',
    kernel: '3.10.0-1160.25.1',
    openstack: ['Queens', 'Rocky'],
    source: `${docs} R21.12`,
  },
  { release: 'R21.12', platform: 'Ubuntu 18.04.5', kernel: '4.15.0-166', openstack: ['Train'], source: `${docs} R21.12` },
  { release: 'R21.12', platform: 'Ubuntu 20.04.3', kernel: '5.4.0-92', openstack: ['Ussuri'], source: `${docs} R21.12` },
  { release: 'R21.12', platform: 'RHEL 8.2', kernel: '4.18.0-193.29.1', openstack: ['RHOSP 16.1'], source: `${docs} R21.12` },
  { release: 'R21.12', platform: 'RHEL 8.4', kernel: '4.18.0-305.19.1', openstack: ['RHOSP 16.2'], source: `${docs} R21.12` },
]

const packages = 'https://github.com/tungstenfabric/tf-packages kernel_version*.info'

/** Kernels that the project's build lists name, without a release note. */
export const builtKernels: readonly { platform: string; kernel: string; source: string }[] = [
  ...['957.12.2', '1062.4.1', '1062.9.1', '1062.12.1', '1160.25.1'].map((build) => ({
    platform: 'CentOS 7',
    kernel: `3.10.0-${build}`,
    source: packages,
  })),
  ...['3.10.0-1127', '3.10.0-1160.53.1'].map((kernel) => ({ platform: 'RHEL 7', kernel, source: packages })),
  ...['193.6.3', '193.28.1', '305.12.1'].map((build) => ({ platform: 'RHEL 8', kernel: `4.18.0-${build}`, source: packages })),
]

/** How far the source of each line compiles, by its own version checks. Nothing more is known of R22 and later. */
export const sourceRanges: readonly { line: 'Tungsten Fabric' | 'OpenSDN'; upTo: string; source: string }[] = [
  { line: 'Tungsten Fabric', upTo: '5.15', source: 'https://github.com/tungstenfabric/tf-vrouter/commit/f7d9bda' },
  { line: 'OpenSDN', upTo: '6.9', source: 'https://github.com/OpenSDN-io/tf-vrouter/commit/411ee98' },
]

export interface KernelVerdict {
  /** `documented`: a release note names it. `built`: a build list does. `source`: the source should compile for it, try before customers do. `unknown`: keep off. */
  support: 'documented' | 'built' | 'source' | 'unknown'
  /** Releases or lines that it is known for. */
  releases: string[]
  /** What an operator should know, one sentence. */
  advice: string
}

/**
 * Whether a node with this kernel can carry customers' networks. A kernel update without the module of that very kernel takes the node's network down,
 * so kernels of nodes are pinned.
 *
 * @param kernel as `uname -r` prints it, such as `5.4.0-92-generic`
 * @param line whose source counts when no list names the kernel
 */
export function kernelSupport(kernel: string, line: 'Tungsten Fabric' | 'OpenSDN' = 'OpenSDN'): KernelVerdict {
  const documented = documentedKernels.filter((known) => isKernel(kernel, known.kernel))
  if (documented.length > 0) {
    const releases = [...new Set(documented.map((known) => known.release))]
    return { support: 'documented', releases, advice: `Documented for ${releases.join(', ')}. Pin it.` }
  }
  if (builtKernels.some((known) => isKernel(kernel, known.kernel)))
    return {
      support: 'built',
      releases: [],
      advice: 'The project built modules for it, no release note names it: test before use, then pin it.',
    }
  const range = sourceRanges.find((known) => known.line === line)
  if (range && isAtMost(kernel, range.upTo))
    return {
      support: 'source',
      releases: [line],
      advice: `The source of ${line} has code for it; build the module for this exact kernel, test and pin it.`,
    }
  return { support: 'unknown', releases: [], advice: 'No vRouter is known to work on it: this node must not take customers.' }
}

/** `5.4.0-92-generic` is `5.4.0-92`; `5.4.0-920` is not. */
const isKernel = (running: string, known: string): boolean =>
  running === known || (running.startsWith(known) && /[.\-+]\D/.test(running.slice(known.length, known.length + 2)))

function isAtMost(kernel: string, upTo: string): boolean {
  const numbers = /^(\d+)\.(\d+)/.exec(kernel)
  if (!numbers) return false
  const [major = 0, minor = 0] = upTo.split('.').map(Number)
  const [, atMajor, atMinor] = numbers.map(Number) as [number, number, number]
  // The 2.6 line was removed from the source.
  return atMajor >= 3 && (atMajor < major || (atMajor === major && atMinor <= minor))
}
