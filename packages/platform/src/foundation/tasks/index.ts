export { attemptsBeforeIncident, type NewTask, TaskEngine, type TaskLog } from './engine.ts'
export {
  type AnyWorkflow,
  type Commit,
  done,
  go,
  type Move,
  OrderFailed,
  type Step,
  type TaskOf,
  type Workflow,
  wait,
  workflow,
} from './workflow.ts'
export { type Progress, progressOf } from './progress.ts'
