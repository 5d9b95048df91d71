import { invalid } from '@straylight/kit'

/** A name from the root down: `['default-domain', 'customer-a', 'web']`. */
export type FqName = readonly string[]

const dashedForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const dashlessForm = /^[0-9a-f]{32}$/

/**
 * The id as the config API wants it. Keystone and Neutron write project ids without dashes, and a read of `/project/<dashless>` is destructive:
 * the on-demand sync deletes the empty project of that name and then fails to make it again.
 * https://github.com/OpenSDN-io/tf-controller/blob/fbb63bc/src/config/vnc_openstack/vnc_openstack/__init__.py (`_ksv3_sync_project_to_vnc`)
 *
 * @throws CallerError `tungsten.not_a_uuid` when it is no uuid in either form
 */
export function dashed(id: string): string {
  const lower = id.toLowerCase()
  if (dashedForm.test(lower)) return lower
  if (!dashlessForm.test(lower)) throw invalid('tungsten.not_a_uuid', `${JSON.stringify(id)} is no uuid`)
  return [lower.slice(0, 8), lower.slice(8, 12), lower.slice(12, 16), lower.slice(16, 20), lower.slice(20)].join('-')
}

/** The id as Keystone, Neutron and `perms2.owner` write it. */
export const dashless = (id: string): string => dashed(id).replaceAll('-', '')
