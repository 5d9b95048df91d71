import { env } from 'node:process'

/**
 * Whether a tool that some tests need is there. Without it they are skipped by name, unless `STRAYLIGHT_REQUIRE` names it
 * (a list with commas, such as `openstack-cli,rabbitmq`): then its absence is a failure.
 */
export function hasTool(name: string, isThere: boolean, required = env.STRAYLIGHT_REQUIRE ?? ''): boolean {
  if (!isThere && required.split(',').some((one) => one.trim() === name))
    throw new Error(`${name} is not installed, and STRAYLIGHT_REQUIRE asks for it`)
  return isThere
}
