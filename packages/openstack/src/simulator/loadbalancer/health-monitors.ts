import type { Row } from '../table.ts'
export interface HealthMonitor extends Row {
  poolId: string
}
