import type { Row } from '../table.ts'
export interface LoadBalancer extends Row {
  projectId: string
}
