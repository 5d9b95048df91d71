import { computed, type Reactive, reactive, type Ref, ref, watch } from 'vue'
import { fieldErrors, shownProblem } from '../lib/problem.ts'
import type { ShownProblem } from './types.ts'

export interface FormOptions<Values extends object> {
  initial: Values
  /** What is wrong, by field, in words that say what to do. Asked when a field is left and at submit. */
  check?: (values: Values) => Partial<Record<keyof Values & string, string | undefined>>
  submit: (values: Values) => Promise<void>
}

/**
 * A form: values, errors and one submit. `form.field('name')` goes on a field with `v-bind`; <Form> shows the summary and sends.
 * Errors of fields in a problem document land at their fields, the rest in `form.problem`.
 */
export function useForm<Values extends object>(options: FormOptions<Values>) {
  const values = reactive({ ...options.initial }) as Reactive<Values>
  const errors = reactive<Record<string, string | undefined>>({})
  const left = reactive(new Set<string>())
  const pending = ref(false)
  const problem: Ref<ShownProblem | undefined> = ref()
  const tried = ref(0)
  const check = () => (options.check?.(values as Values) ?? {}) as Record<string, string | undefined>

  watch(values, () => {
    // What was complained about is checked again at once; what is still being typed is not.
    const now = check()
    for (const name of Object.keys(errors)) if (errors[name] !== undefined) errors[name] = now[name]
  })

  async function submit(): Promise<boolean> {
    if (pending.value) return false
    problem.value = undefined
    const now = check()
    for (const name of new Set([...Object.keys(errors), ...Object.keys(now)])) errors[name] = now[name]
    if (Object.values(now).some((message) => message !== undefined)) {
      tried.value += 1
      return false
    }
    pending.value = true
    try {
      await options.submit(values as Values)
      return true
    } catch (error) {
      const found = fieldErrors(error)
      const known = Object.entries(found).filter(([name]) => name in values)
      for (const [name, message] of known) errors[name] = message
      if (known.length === 0 || known.length < Object.keys(found).length) problem.value = shownProblem(error)
      tried.value += 1
      return false
    } finally {
      pending.value = false
    }
  }

  return reactive({
    values,
    errors,
    pending,
    problem,
    /** How often it was sent in vain: at each <Form> puts the focus on the first wrong field. */
    tried,
    submit,
    /** As it was at first, or with other values: for a dialog that is opened again. */
    reset(given: Partial<Values> = {}) {
      Object.assign(values, options.initial, given)
      for (const name of Object.keys(errors)) delete errors[name]
      left.clear()
      problem.value = undefined
      tried.value = 0
    },
    /** Wrong fields in order, for the summary. */
    wrong: computed(() =>
      Object.entries(errors).flatMap(([name, message]) => (message === undefined ? [] : [{ name, message }])),
    ),
    field: <Name extends keyof Values & string>(name: Name) => ({
      name,
      modelValue: (values as Values)[name],
      'onUpdate:modelValue': (value: Values[Name]) => {
        ;(values as Values)[name] = value
      },
      error: errors[name],
      onBlur: () => {
        left.add(name)
        errors[name] = check()[name]
      },
    }),
  })
}
export type FormState = {
  pending: boolean
  problem: ShownProblem | undefined
  tried: number
  wrong: { name: string; message: string }[]
  submit: () => Promise<boolean>
}
