import type { Server, Task } from '@straylight/api'
import { type ComputedRef, type InjectionKey, inject } from 'vue'

/** What the tabs of a server's page share. */
export interface ServerContext {
  project: ComputedRef<string>
  server: ComputedRef<Server>
  /** Its tasks, newest first; undefined until they are read. */
  tasks: ComputedRef<Task[] | undefined>
}

export const serverKey: InjectionKey<ServerContext> = Symbol('server')

/** Only inside the page of a server. */
export function useServerContext(): ServerContext {
  const context = inject(serverKey)
  if (!context) throw new Error('a tab of a server stands inside its page')
  return context
}
