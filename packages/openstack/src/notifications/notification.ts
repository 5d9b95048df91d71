import type { ServiceName } from '../errors.ts'

export type SubjectKind =
  | 'server'
  | 'flavor'
  | 'keypair'
  | 'server_group'
  | 'volume'
  | 'snapshot'
  | 'backup'
  | 'transfer'
  | 'volume_type'
  | 'image'
  | 'network'
  | 'subnet'
  | 'router'
  | 'port'
  | 'floating_ip'
  | 'security_group'
  | 'security_group_rule'
  | 'load_balancer'
  | 'project'
  | 'user'
  | 'role_assignment'
  | 'domain'
  /** One of the services' own processes. */
  | 'service'
  | 'other'

export interface Subject {
  kind: SubjectKind
  /** Not known for what is only being asked for (`security_group_rule.create`, started), and for grants of roles. */
  id: string | undefined
}

/** Something that happened in the cloud, in our words. */
export interface Notification {
  /** The same message may come twice; this tells. */
  messageId: string
  service: ServiceName
  /** Kind of the subject and what was done to it: `server.create`, `server.stop`, `floating_ip.update`. */
  type: string
  /** `finished` also for what has no beginning and end of its own, such as `server.update`. */
  phase: 'started' | 'finished' | 'failed'
  subject: Subject
  /** What else it concerns: the volume of `server.volume_attach`, the server of a port, the group of a rule. */
  related: Subject[]
  /** To whom the subject belongs, not who acted: an admin may have. */
  projectId: string | undefined
  name: string | undefined
  /** As the service last knew it. Read the subject again where it matters: messages may come late and out of order. */
  state: { status?: string; vmState?: string; taskState?: string }
  /** Of servers and volumes, so that our own id is found in it. */
  metadata: Record<string, string>
  /** Why it failed, for operators. */
  fault: string | undefined
  /** When the service sent it, on its own clock. */
  at: Date
  requestId: string | undefined
  /** As the service calls it: `compute.instance.power_off.end`. */
  eventType: string
}
