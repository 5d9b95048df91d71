import { dashed } from '../ids.ts'
import type { KeystoneDirectory, KeystoneProject } from './keystone.ts'
import { resyncEveryMs } from './timing.ts'

/** What the synchronisation does to the objects; the operations themselves live elsewhere. */
export interface ProjectOperations {
  /** Ids of all projects that there are. */
  ids(): string[]
  exists(id: string): boolean
  idOf(fqName: readonly string[]): string | undefined
  /** Throws when it is not empty. */
  remove(id: string): void
  create(project: { uuid: string; fqName: string[]; displayName: string }): void
  newUuid(): string
}

/**
 * Projects follow Keystone: one appears when somebody reads it, and is removed by the next poll after Keystone has lost it, if it is empty. A removal that fails is
 * not tried again until the server restarts, because the poll compares with what it saw last, not with what there is.
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/__init__.py (`_resync_all_projects`, `_ksv3_sync_project_to_vnc`)
 */
export class ProjectSync {
  readonly #keystone: KeystoneDirectory
  readonly #operations: ProjectOperations
  #known: Set<string>
  #nextPollMs: number

  constructor(keystone: KeystoneDirectory, operations: ProjectOperations, nowMs: number) {
    this.#keystone = keystone
    this.#operations = operations
    this.#known = new Set(operations.ids())
    this.#nextPollMs = nowMs
  }

  /** The server starts again: it takes all projects that there are for known. */
  restart(nowMs: number): void {
    this.#known = new Set(this.#operations.ids())
    this.#nextPollMs = nowMs
  }

  /** Polls Keystone if that is due. A Keystone that does not answer changes nothing. */
  async poll(nowMs: number): Promise<void> {
    if (nowMs < this.#nextPollMs) return
    this.#nextPollMs = nowMs + resyncEveryMs
    let there: Set<string>
    try {
      there = new Set((await this.#keystone.projects()).map(({ id }) => dashed(id)))
    } catch {
      return
    }
    for (const id of this.#known) if (!there.has(id)) this.#remove(id)
    this.#known = there
  }

  /**
   * Somebody reads a project that is not there. The id goes to Keystone without its dashes but is used as it came: an id without dashes removes the
   * project of that name, because its id differs, and then cannot make it again.
   */
  async onRead(id: string): Promise<void> {
    if (this.#operations.exists(id)) return
    const project = await this.#find((one) => one.id === id.replaceAll('-', ''))
    if (!project) return
    const fqName = ['default-domain', project.name]
    let name = project.name
    const other = this.#operations.idOf(fqName)
    if (other !== undefined) {
      try {
        this.#operations.remove(other)
      } catch {
        name = `${project.name}-${this.#operations.newUuid()}`
      }
    }
    if (!/^[0-9a-f]{8}-/.test(id)) return
    this.#operations.create({ uuid: id, fqName: ['default-domain', name], displayName: project.name })
    this.#known.add(id)
  }

  /** Somebody asks for the id of a project's name: the first of that name in any domain is taken. */
  async onName(fqName: readonly string[]): Promise<void> {
    const project = await this.#find((one) => one.name === fqName.at(-1))
    if (!project) return
    const uuid = dashed(project.id)
    if (this.#operations.exists(uuid)) return
    this.#operations.create({ uuid, fqName: [...fqName], displayName: project.name })
    this.#known.add(uuid)
  }

  #remove(id: string): void {
    if (!this.#operations.exists(id)) return
    try {
      this.#operations.remove(id)
    } catch {
      // It is not empty; the next poll does not know that it was ever there.
    }
  }

  async #find(matches: (project: KeystoneProject) => boolean): Promise<KeystoneProject | undefined> {
    try {
      return (await this.#keystone.projects()).find(matches)
    } catch {
      return undefined
    }
  }
}
