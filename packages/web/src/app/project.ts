import { type Project, routes } from '@straylight/api'
import type { QueryClient } from '@tanstack/vue-query'
import { type ComputedRef, computed } from 'vue'
import { useRoute } from 'vue-router'
import { call } from './api.ts'
import { keys } from './keys.ts'
import { type Reading, useReading } from './read.ts'
import { readWhole } from './whole.ts'

const readProjects = (signal: AbortSignal): Promise<Project[]> =>
  readWhole((query) => call(routes.projectsList, { query, signal }))

export const useProjects = (): Reading<Project[]> => useReading(keys.projects, readProjects)

/** For redirects: the projects without a component. */
export const knownProjects = (client: QueryClient): Promise<Project[]> =>
  client.ensureQueryData({ queryKey: keys.projects, queryFn: ({ signal }) => readProjects(signal) })

/** The project of the page's path. */
export function useProjectId(): ComputedRef<string> {
  const route = useRoute()
  return computed(() => String(route.params.project ?? ''))
}

const lastPlace = 'straylight.project'
/** The project that was open last: pages about money and the account lead back to it. */
export const lastProject = (): string | null => {
  try {
    return localStorage.getItem(lastPlace)
  } catch {
    return null
  }
}
export function rememberProject(id: string): void {
  try {
    localStorage.setItem(lastPlace, id)
  } catch {
    // Then the first project is opened.
  }
}
