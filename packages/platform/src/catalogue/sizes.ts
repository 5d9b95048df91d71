import { serverLimits } from '@straylight/api'

/** GiB of RAM that may go with a vCPU: hosts are bought with about 4, so that neither is left over. */
export const ramPerVcpu = { min: 0.5, max: 8 }

/** Which RAM, in GiB, goes with a number of vCPUs. */
export const ramRange = (vcpus: number): { min: number; max: number } => ({
  min: Math.max(1, Math.floor(vcpus * ramPerVcpu.min)),
  max: Math.min(serverLimits.ramGib, vcpus * ramPerVcpu.max),
})

/** As the published clients read it: each number of vCPUs with the least and most RAM that goes with it. */
export const sizeDependencies = () => {
  const steps = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64].filter((vcpus) => vcpus <= serverLimits.vcpus)
  const common = { dependent: 'ram', dependent_measure: 'GiB', target: 'vcpus', target_measure: 'pcs' }
  return steps.map((vcpus) => ({
    ...common,
    min_target_value: vcpus,
    max_target_value: vcpus,
    dependencies: [
      { min_dependent: ramRange(vcpus).min, value: ramRange(vcpus).min },
      { min_dependent: ramRange(vcpus).min, value: ramRange(vcpus).max },
    ],
  }))
}
