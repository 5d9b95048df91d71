import type { Row } from '../table.ts'
export interface Pool extends Row {
  loadBalancerId: string
}
