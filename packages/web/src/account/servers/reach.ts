import { t } from '../../i18n/index.ts'

/** The account that an image of a distribution lets in by key, as its cloud-init is configured. */
const logins: Record<string, string> = {
  ubuntu: 'ubuntu',
  debian: 'debian',
  fedora: 'fedora',
  centos: 'cloud-user',
  rocky: 'rocky',
  almalinux: 'almalinux',
  cirros: 'cirros',
  opensuse: 'opensuse',
  arch: 'arch',
}

export const loginOf = (distribution: string | undefined): string =>
  logins[distribution?.toLowerCase().split(/[\s-]/)[0] ?? ''] ?? 'root'

/** One station on the way from the internet to a server. */
export interface Hop {
  key: 'internet' | 'address' | 'router' | 'network' | 'server'
  name: string
  note: string
  lit: boolean
}

/** The way from the internet to a server with a public address. */
export const hopsOf = ({
  name,
  publicIp,
  privateIp,
  running,
}: {
  name: string
  publicIp: string | undefined
  privateIp: string | undefined
  running: boolean
}): Hop[] => [
  { key: 'internet', name: t('server.internet'), note: 'IPv4', lit: false },
  { key: 'address', name: publicIp ?? '', note: t('server.publicAddress'), lit: false },
  { key: 'router', name: t('server.router'), note: '', lit: false },
  { key: 'network', name: t('server.projectNetwork'), note: '', lit: false },
  { key: 'server', name, note: privateIp ?? '', lit: running },
]
