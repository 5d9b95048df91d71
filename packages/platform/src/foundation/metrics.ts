import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** The figures at `/metrics`, in Prometheus' words. One registry per app, so that several can live in one process. */
export interface Metrics {
  registry: Registry
  httpSeconds: Histogram<'route' | 'status'>
  upstreamSeconds: Histogram<'service' | 'outcome'>
  stepFailures: Counter<'workflow' | 'step' | 'retried'>
  openTasks: Gauge<'state'>
}

export function createMetrics(
  countTasks: () => Promise<{ state: string; count: number }[]>,
  options: { process: boolean },
): Metrics {
  const registry = new Registry()
  if (options.process) collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'straylight_http_seconds',
      help: 'Time to answer a request',
      labelNames: ['route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    upstreamSeconds: new Histogram({
      name: 'straylight_upstream_seconds',
      help: 'Time of a call to a neighbour',
      labelNames: ['service', 'outcome'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    stepFailures: new Counter({
      name: 'straylight_step_failures_total',
      help: 'Steps that failed',
      labelNames: ['workflow', 'step', 'retried'],
      registers,
    }),
    openTasks: new Gauge({
      name: 'straylight_tasks',
      help: 'Tasks that are not over, by state',
      labelNames: ['state'],
      registers,
      async collect() {
        this.reset()
        for (const { state, count } of await countTasks()) this.set({ state }, count)
      },
    }),
  }
}
