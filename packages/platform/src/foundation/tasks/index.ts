export { attemptsBeforeIncident, TaskEngine } from './engine.ts'
export {
  type AnyWorkflow,
  type Commit,
  done,
  go,
  type Move,
  type NewTask,
  OrderFailed,
  queueUp,
  type Step,
  type TaskLog,
  type TaskOf,
  type Workflow,
  wait,
  workflow,
} from './workflow.ts'
export { needsOperator } from './failures.ts'
export { listedTasks, stepsTaken, taskById, type TaskRow, type TaskStepRow, wasRepeated } from './history.ts'
export { openIncident } from './incidents.ts'
export { lockOpenTasks, openTasksByState, subjectsAtWork } from './open.ts'
export { type Progress, progressOf, shownState } from './progress.ts'
