import type { Generated } from 'kysely'

declare module './db.ts' {
  interface Tables {
    task: TaskTable
    task_step: TaskStepTable
    incident: IncidentTable
    idempotency: IdempotencyTable
    audit: AuditTable
    resource: ResourceTable
  }
}

export type TaskState = 'queued' | 'running' | 'waiting' | 'done' | 'failed'

export interface TaskTable {
  id: string
  workflow: string
  subject_type: string
  subject_id: string
  subject_name: string
  account_id: string
  project_id: string | null
  input: unknown
  state: TaskState
  step: string
  position: Generated<number>
  step_number: number
  step_count: number
  attempts: Generated<number>
  step_started_at: Date | null
  failing: Generated<boolean>
  cancelled: Generated<boolean>
  job_id: string
  worker: number | null
  due_at: Date | null
  deadline_at: Date
  reason: string | null
  error: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
}

export interface TaskStepTable {
  task_id: string
  position: number
  step: string
  outcome: 'done' | 'waiting' | 'failed' | 'skipped'
  attempts: number
  error: string | null
  started_at: Date
  finished_at: Date
}

interface IncidentTable {
  id: string
  kind: string
  task_id: string | null
  summary: string
  opened_at: Date
  closed_at: Date | null
}

interface IdempotencyTable {
  account_id: string
  key: string
  fingerprint: Buffer
  status: number
  answer: Buffer
  created_at: Date
}

interface AuditTable {
  id: Generated<bigint>
  at: Date
  action: string
  account_id: string | null
  project_id: string | null
  subject_id: string | null
  status: number
  ip: string
  user_agent: string
  request_id: string
}

interface ResourceTable {
  id: string
  kind: string
  project_id: string
  account_id: string
}
