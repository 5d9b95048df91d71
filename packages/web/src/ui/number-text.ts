import { type Ref, ref, watch } from 'vue'

/** What a box of a number allows. It marks and steps; it never changes what a person wrote. */
export interface NumberLimits {
  min?: number | undefined
  max?: number | undefined
  step: number
}

/** `1 024`, `0,5` and `-3` are numbers; anything else, and nothing at all, is none. */
export function readNumber(written: string): number | undefined {
  const tidy = written.replace(/[\s\u00a0]/g, '').replace(',', '.')
  return /^-?\d+(\.\d+)?$/.test(tidy) ? Number(tidy) : undefined
}

const known = (value: number | undefined): number | undefined => (Number.isNaN(value) ? undefined : value)

/**
 * The text of a number's box and its value, always the same thing: what is out of range goes into the model too, so that the form can
 * complain about it and never sends another number than the one on screen. Text that is no number is `undefined`.
 */
export function useNumberText(model: Ref<number | undefined>, limits: () => NumberLimits) {
  const text = ref('')
  const places = () => (String(limits().step).split('.')[1] ?? '').length
  const write = (value: number | undefined) => {
    if (known(value) === undefined || value === undefined) return ''
    const tidy = value.toFixed(places())
    // A finer number than the steps stays as it was written: rounding it would be another value.
    return Number(tidy) === value ? tidy : String(value)
  }
  watch(
    model,
    (value) => {
      if (readNumber(text.value) !== known(value)) text.value = write(value)
    },
    { immediate: true, flush: 'sync' },
  )
  return {
    text,
    places,
    typed(written: string) {
      text.value = written
      model.value = readNumber(written)
    },
    /** Leaving the box tidies how a number is written. */
    left() {
      const value = readNumber(text.value)
      if (value !== undefined) text.value = write(value)
    },
    /** Stepping stays within the limits. */
    step(count: number) {
      const { min, max, step } = limits()
      const next = Number(((known(model.value) ?? min ?? 0) + count * step).toFixed(places()))
      const value = Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min ?? Number.NEGATIVE_INFINITY, next))
      model.value = value
      text.value = write(value)
    },
  }
}

/** The slider beside a box: it ends at `slideTo`, or further where the number lies, and its thumb never leaves it. */
export function slideOf(value: number, { min, max, slideTo = max }: { min: number; max: number; slideTo?: number | undefined }) {
  const most = Math.max(min, Math.min(max, Number.isNaN(value) ? slideTo : Math.max(slideTo, value)))
  return { most, at: Number.isNaN(value) ? min : Math.min(most, Math.max(min, value)) }
}
