import { Refused } from '../refusal.ts'

/** A Neutron exception by its class name, with what its constructor takes; the plugin raises it again on its side. */
export class NeutronFailure extends Error {
  readonly exception: string
  readonly details: Record<string, unknown>
  constructor(exception: string, details: Record<string, unknown> = {}) {
    super(exception)
    this.name = 'NeutronFailure'
    this.exception = exception
    this.details = details
  }
}

/** `HTTP Status: 500 Content: …`: how an unexpected refusal of the API is quoted. */
export const quoted = (refused: Refused): string => `HTTP Status: ${refused.status} Content: ${refused.message}`

/**
 * What a refusal that nobody has caught becomes.
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/__init__.py (`handler_trap_exception`)
 */
export function failureOf(error: unknown): NeutronFailure | undefined {
  if (error instanceof NeutronFailure) return error
  if (!(error instanceof Refused)) return undefined
  switch (error.status) {
    case 400:
      return new NeutronFailure('BadRequest', { msg: error.message })
    case 403:
      return new NeutronFailure('NotAuthorized', { msg: error.message })
    case 404:
      return new NeutronFailure('NotFound', { msg: error.message })
    case 409:
      return new NeutronFailure('Conflict', { msg: error.message })
    case 412:
      return new NeutronFailure('OverQuota', { msg: error.message })
    default:
      return undefined
  }
}
