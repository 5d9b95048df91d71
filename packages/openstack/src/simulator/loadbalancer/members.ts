import type { Row } from '../table.ts'
export interface Member extends Row {
  poolId: string
}
