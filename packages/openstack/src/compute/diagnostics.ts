import { fields } from '../decode.ts'

/** Counters since the guest was started. */
export interface Diagnostics {
  state: string
  uptimeSeconds: number | undefined
  memory: { maximumMib: number | undefined; usedMib: number | undefined }
  cpus: { timeNs: number | undefined; utilisationPercent: number | undefined }[]
  disks: { readBytes: number; writeBytes: number; readRequests: number; writeRequests: number }[]
  nics: { mac: string | undefined; receivedBytes: number; sentBytes: number; receivedPackets: number; sentPackets: number }[]
}

export function fromNova(raw: unknown): Diagnostics {
  const diagnostics = fields('nova', 'diagnostics', raw)
  const memory = diagnostics.maybeChild('memory_details')
  return {
    state: diagnostics.text('state'),
    uptimeSeconds: diagnostics.maybeNumber('uptime'),
    memory: { maximumMib: memory?.maybeNumber('maximum'), usedMib: memory?.maybeNumber('used') },
    cpus: diagnostics.maybeList('cpu_details', (item) => {
      const cpu = fields('nova', 'cpu', item)
      return { timeNs: cpu.maybeNumber('time'), utilisationPercent: cpu.maybeNumber('utilisation') }
    }),
    disks: diagnostics.maybeList('disk_details', (item) => {
      const disk = fields('nova', 'disk', item)
      const count = (name: string) => disk.maybeNumber(name) ?? 0
      return {
        readBytes: count('read_bytes'),
        writeBytes: count('write_bytes'),
        readRequests: count('read_requests'),
        writeRequests: count('write_requests'),
      }
    }),
    nics: diagnostics.maybeList('nic_details', (item) => {
      const nic = fields('nova', 'nic', item)
      const count = (name: string) => nic.maybeNumber(name) ?? 0
      return {
        mac: nic.maybeText('mac_address'),
        receivedBytes: count('rx_octets'),
        sentBytes: count('tx_octets'),
        receivedPackets: count('rx_packets'),
        sentPackets: count('tx_packets'),
      }
    }),
  }
}
