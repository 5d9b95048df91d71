import { type Cloud, gone, orAbsent } from '../foundation/cloud/index.ts'
import type { Db } from '../foundation/db.ts'
import { type ProjectRow, projectById } from '../projects/index.ts'
import { releaseAddress } from '../addresses/index.ts'
import { removeVolumes } from '../volumes/index.ts'

/**
 * Takes a server out of the cloud, whatever was made of it: each part is found by our id, also one that a cut connection made a second time,
 * and that it is not there is as good. Deletion and a failed create use the same parts.
 */
export interface TearDown {
  releaseAddresses(projectId: string, addressIds: string[]): Promise<void>
  /** @returns whether it is gone; ask again otherwise. */
  removeServer(projectId: string, server: { id: string; nova_id: string | null }): Promise<boolean>
  removeVolumes(projectId: string, volumeIds: string[]): Promise<boolean>
  removePort(projectId: string, serverId: string): Promise<void>
}

export const keypairNameOf = (serverId: string) => `straylight-${serverId}`

export function createTearDown({ db, cloud }: { db: Db; cloud: Cloud }): TearDown {
  /** A project that never got a place in the cloud has nothing there. */
  const placeOf = async (projectId: string): Promise<ProjectRow | undefined> => {
    const project = await projectById(db, projectId)
    return project?.cloud_project_id ? project : undefined
  }
  return {
    async releaseAddresses(projectId, addressIds) {
      const project = await placeOf(projectId)
      if (project) for (const id of addressIds) await releaseAddress(cloud, project, id)
    },
    async removeServer(projectId, { id, nova_id }) {
      const project = await placeOf(projectId)
      if (!project) return true
      const { servers, keypairs } = cloud.of(project).compute
      const named = await servers.list({ name: id }).all()
      const known = nova_id && !named.some((server) => server.id === nova_id) ? await orAbsent(servers.get(nova_id)) : undefined
      // A deleted server may still be answered for some seconds; Nova then says DELETED.
      const left = [...named, ...(known ? [known] : [])].filter(
        (server) => server.status !== 'DELETED' && server.status !== 'SOFT_DELETED',
      )
      for (const server of left) if (server.taskState !== 'deleting') await gone(servers.remove(server.id))
      if (left.length > 0) return false
      await gone(keypairs.remove(keypairNameOf(id)))
      return true
    },
    async removeVolumes(projectId, volumeIds) {
      const project = await placeOf(projectId)
      if (!project) return true
      const left = await Promise.all(volumeIds.map((id) => removeVolumes(cloud, project, id)))
      return left.every(Boolean)
    },
    async removePort(projectId, serverId) {
      const project = await placeOf(projectId)
      if (!project) return
      const { ports } = cloud.of(project).network
      for (const port of await ports.list({ name: serverId }).all()) await gone(ports.remove(port.id))
    },
  }
}
