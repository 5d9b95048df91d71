import { fields } from '../decode.ts'

/** Counters; `activeConnections` is of now. */
export interface LoadBalancerStatistics {
  activeConnections: number
  totalConnections: number
  bytesIn: number
  bytesOut: number
  requestErrors: number
}

export function statisticsFromOctavia(raw: unknown): LoadBalancerStatistics {
  const statistics = fields('octavia', 'statistics', raw)
  return {
    activeConnections: statistics.number('active_connections'),
    totalConnections: statistics.number('total_connections'),
    bytesIn: statistics.number('bytes_in'),
    bytesOut: statistics.number('bytes_out'),
    requestErrors: statistics.number('request_errors'),
  }
}
