import { routes } from '@straylight/api'
import { ref } from 'vue'
import { call } from './api.ts'
import { keys } from './keys.ts'
import { type Writing, useWriting } from './write.ts'

/** The dialog that makes a project, opened from the switcher and the palette. */
export function useNewProject() {
  const open = ref(false)
  return {
    open,
    ask: () => {
      open.value = true
    },
  }
}

export const useCreateProject = (): Writing<{ name: string }, { id: string }> =>
  useWriting(
    async ({ name }, idempotencyKey) =>
      (await call(routes.projectsCreate, { body: { display_name: name }, idempotencyKey })).data.result,
    () => [keys.projects],
    { form: 'project' },
  )
