import { installed, run, runNode, type Step } from './steps.ts'

/** What can be told without running anything of ours. TypeScript 7 has no API for vue-tsc, so the web is checked with TypeScript 6. */
export const checks: Step[] = [
  { name: 'Types', holds: () => runNode('typescript7/bin/tsc', ['-p', '.']) },
  { name: 'Types of the web', holds: () => runNode('vue-tsc/bin/vue-tsc.js', ['--noEmit', '-p', 'packages/web']) },
  {
    name: 'Format and lint',
    async holds() {
      const biome = await run(installed('.bin/biome'), ['check', '--error-on-warnings', '--max-diagnostics=50', '.'])
      const oxlint = await run(installed('.bin/oxlint'), ['--deny-warnings', '.'])
      return biome && oxlint
    },
  },
  { name: 'Nothing unused', holds: () => run(installed('.bin/knip'), ['--no-progress']) },
]
