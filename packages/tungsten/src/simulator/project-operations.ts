import { createObject, deleteObject } from './objects.ts'
import type { ProjectOperations } from './project-sync.ts'
import type { Context, World } from './world.ts'

/** The server's own calls to itself. */
export const serverContext = (): Context => ({ caller: undefined, base: 'http://127.0.0.1:8082' })

/** What the synchronisation with Keystone does to the objects of this world. */
export function projectOperations(world: World): ProjectOperations {
  /** Projects that the synchronisation makes carry the name of the server's account. */
  const context: Context = {
    base: serverContext().base,
    caller: {
      user: 'contrail',
      roles: ['admin'],
      projectId: '',
      projectName: 'service',
      domainId: '',
      domainName: 'default-domain',
    },
  }
  return {
    ids: () => world.store.ofType('project').map(({ uuid }) => uuid),
    exists: (id: string) => world.store.get(id)?.type === 'project',
    idOf: (fqName: readonly string[]) => world.store.uuidOf('project', fqName),
    remove: (id: string) => deleteObject(world, context, 'project', id),
    create: ({ uuid, fqName, displayName }: { uuid: string; fqName: string[]; displayName: string }) => {
      createObject(world, context, 'project', { fq_name: fqName, parent_type: 'domain', uuid, display_name: displayName })
    },
    newUuid: () => world.store.newUuid(),
  }
}
