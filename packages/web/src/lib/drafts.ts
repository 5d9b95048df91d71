import { watch, type Ref } from 'vue'

const keptForMs = 7 * 86_400_000
const prefix = 'straylight.draft.'

interface Kept {
  savedAt: number
  value: unknown
}

/** What was being filled in under `name`, unless it is older than seven days or was kept by another version of the form. */
export function readDraft<T>(
  storage: Storage,
  name: string,
  isDraft: (value: unknown) => value is T,
  now: number,
): T | undefined {
  try {
    const kept: Partial<Kept> = JSON.parse(storage.getItem(prefix + name) ?? '{}')
    if (typeof kept.savedAt !== 'number' || now - kept.savedAt > keptForMs || !isDraft(kept.value)) {
      storage.removeItem(prefix + name)
      return undefined
    }
    return kept.value
  } catch {
    return undefined
  }
}

/** A full or forbidden storage loses the draft, never the form. */
export function writeDraft(storage: Storage, name: string, value: unknown, now: number): void {
  try {
    storage.setItem(prefix + name, JSON.stringify({ savedAt: now, value } satisfies Kept))
  } catch {
    // Nothing to do: the form itself still holds everything.
  }
}

export function dropDraft(storage: Storage, name: string): void {
  try {
    storage.removeItem(prefix + name)
  } catch {
    // As above.
  }
}

/** A person who signs out leaves nothing of what was typed to the next one at this computer. */
export function dropEveryDraft(storage: Storage): void {
  try {
    const names = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '')
    for (const name of names) if (name.startsWith(prefix)) storage.removeItem(name)
  } catch {
    // Without storage there is nothing to leave.
  }
}

/**
 * Keeps `form` in this browser while it is being filled in. `name` holds the person and the project: drafts of two people never meet.
 * `isTouched`: values that the form gave itself are no draft.
 */
export function useDraft<T>(
  name: string,
  form: Ref<T>,
  isDraft: (value: unknown) => value is T,
  isTouched: () => boolean,
): { restored: boolean; drop: () => void } {
  const found = readDraft(localStorage, name, isDraft, Date.now())
  if (found !== undefined) form.value = found
  const stop = watch(
    form,
    (value) => {
      if (isTouched()) writeDraft(localStorage, name, value, Date.now())
    },
    { deep: true },
  )
  return {
    restored: found !== undefined,
    drop() {
      stop()
      dropDraft(localStorage, name)
    },
  }
}
