import { env } from 'node:process'
import { systemClock } from '@straylight/kit'
import type { Target } from './target.ts'

/** The real cloud that the environment names, in the words of `packages/openstack/README.md`. */
export const realTarget = (authUrl: string): Target => ({
  authUrl,
  credentials: {
    username: env.OPENSTACK_USERNAME ?? 'portal',
    password: env.OPENSTACK_PASSWORD ?? 'lab',
    userDomain: env.OPENSTACK_USER_DOMAIN ?? 'Default',
  },
  clock: systemClock(),
  adminProject: { projectName: env.OPENSTACK_ADMIN_PROJECT ?? 'admin', domain: env.OPENSTACK_ADMIN_DOMAIN ?? 'Default' },
  customersDomain: env.OPENSTACK_CUSTOMERS_DOMAIN ?? 'customers',
  imageName: env.OPENSTACK_IMAGE ?? 'tiny-linux',
  flavorName: env.OPENSTACK_FLAVOR ?? 't1.tiny',
  largerFlavorName: env.OPENSTACK_LARGER_FLAVOR ?? 's1.small',
  volumeType: env.OPENSTACK_VOLUME_TYPE ?? 'standard',
  otherVolumeType: env.OPENSTACK_OTHER_VOLUME_TYPE ?? 'fast',
  externalNetwork: env.OPENSTACK_EXTERNAL_NETWORK ?? 'public',
})
