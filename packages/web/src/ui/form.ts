import { computed, nextTick, type Reactive, reactive, type Ref, ref, watch } from 'vue'
import { fieldErrors, shownProblem } from '../lib/problem.ts'
import type { ShownProblem } from './types.ts'

export interface FormOptions<Values extends object> {
  initial: Values
  /** What is wrong, by field, in words that say what to do. Asked when a field is left and at submit. */
  check?: (values: Values) => Partial<Record<keyof Values & string, string | undefined>>
  submit: (values: Values) => Promise<void>
  /** Keeps what was typed in this browser for 7 days under this name, until it is submitted. Never for secrets. */
  draft?: string
}

const draftDays = 7

/**
 * A form: values, errors and one submit. `form.field('name')` goes on a field with `v-bind`; <Form> shows the summary and sends.
 * Errors of fields in a problem document land at their fields, the rest in `form.problem`.
 */
export function useForm<Values extends object>(options: FormOptions<Values>) {
  const values = reactive({ ...options.initial, ...readDraft(options.draft, options.initial) }) as Reactive<Values>
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
    if (options.draft) saveDraft(options.draft, values)
  })

  async function submit(): Promise<boolean> {
    if (pending.value) return false
    problem.value = undefined
    const now = check()
    for (const name of new Set([...Object.keys(errors), ...Object.keys(now)])) errors[name] = now[name]
    tried.value += 1
    if (Object.values(now).some((message) => message !== undefined)) {
      await nextTick()
      return false
    }
    pending.value = true
    try {
      await options.submit(values as Values)
      if (options.draft) localStorage.removeItem(draftPlace(options.draft))
      return true
    } catch (error) {
      const found = fieldErrors(error)
      const known = Object.entries(found).filter(([name]) => name in values)
      for (const [name, message] of known) errors[name] = message
      if (known.length === 0 || known.length < Object.keys(found).length) problem.value = shownProblem(error)
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
    tried,
    submit,
    /** Wrong fields in order, for the summary. */
    wrong: computed(() => Object.entries(errors).flatMap(([name, message]) => (message === undefined ? [] : [{ name, message }]))),
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
export type FormState = { pending: boolean; problem: ShownProblem | undefined; tried: number; wrong: { name: string; message: string }[]; submit: () => Promise<boolean> }

const draftPlace = (name: string) => `straylight.draft.${name}`

function readDraft<Values extends object>(name: string | undefined, initial: Values): Partial<Values> {
  if (name === undefined) return {}
  try {
    const saved = JSON.parse(localStorage.getItem(draftPlace(name)) ?? 'null') as { at: number; values: Partial<Values> } | null
    if (!saved || Date.now() - saved.at > draftDays * 86_400_000) return {}
    return Object.fromEntries(Object.entries(saved.values).filter(([key]) => key in initial)) as Partial<Values>
  } catch {
    return {}
  }
}

function saveDraft(name: string, values: object): void {
  try {
    localStorage.setItem(draftPlace(name), JSON.stringify({ at: Date.now(), values }))
  } catch {
    // Without storage there is no draft.
  }
}
