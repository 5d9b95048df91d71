import type { Row } from '../table.ts'
export interface Listener extends Row {
  loadBalancerId: string
}
