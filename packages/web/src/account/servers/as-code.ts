import type { ServerCreate } from '@straylight/api'

/** What the texts need beside the order. `origin` is the address of this service, without a slash at its end. */
export interface CodeContext {
  origin: string
  projectId: string
  imageName: string | undefined
  keyNames: readonly string[]
}

/**
 * The order as Terraform text for the published CLO provider, which works against this service unchanged.
 * Its arguments: https://registry.terraform.io/providers/clo-ru/clo/latest/docs/resources/compute_instance
 */
export function terraformOf(order: ServerCreate, context: CodeContext): string {
  const address = order.addresses[0]
  const lines = [
    'terraform {',
    '  required_providers {',
    '    clo = { source = "clo-ru/clo", version = "~> 2.8" }',
    '  }',
    '}',
    '',
    '# The token is read from CLO_API_AUTH_TOKEN.',
    `provider "clo" { auth_url = ${hcl(context.origin)} }`,
    '',
    `resource "clo_compute_instance" "${labelOf(order.name)}" {`,
    ...aligned(
      [
        ['project_id', hcl(context.projectId)],
        ['name', hcl(order.name)],
        ['image_id', hcl(order.image ?? '') + remark(context.imageName)],
        ['flavor_vcpus', String(order.flavor.vcpus)],
        ['flavor_ram', String(order.flavor.ram)],
        ...(order.keypairs.length > 0
          ? [['keypairs', `[${order.keypairs.map(hcl).join(', ')}]${remark(context.keyNames.join(', '))}`] as const]
          : []),
      ],
      '  ',
    ),
    ...order.storages.flatMap((storage) => [
      '',
      '  block_device {',
      ...aligned(
        [
          ['bootable', String(storage.bootable)],
          ['storage_type', hcl(storage.storage_type)],
          ['size', String(storage.size)],
        ],
        '    ',
      ),
      '  }',
    ]),
    ...(address
      ? [
          '',
          '  addresses {',
          ...aligned(
            [
              ['external', String(address.external)],
              ['version', String(address.version)],
              ['ddos_protection', String(address.ddos_protection)],
              ...(address.bandwidth_max_mbps === undefined ? [] : [['bandwidth', String(address.bandwidth_max_mbps)] as const]),
            ],
            '    ',
          ),
          '  }',
        ]
      : []),
    '}',
  ]
  if (order.user_data)
    lines.push('', '# The provider has no argument for cloud-init user data; the request below the tab "curl" has it.')
  return lines.join('\n')
}

/** The very request that the button sends. */
export function curlOf(order: ServerCreate, context: CodeContext): string {
  return [
    `curl -X POST ${shell(`${context.origin}/v2/projects/${context.projectId}/servers`)}`,
    `-H "Authorization: Bearer $STRAYLIGHT_TOKEN"`,
    `-H "Idempotency-Key: $(uuidgen)"`,
    `-H 'Content-Type: application/json'`,
    `-d ${shell(JSON.stringify(order, undefined, 2))}`,
  ].join(' \\\n  ')
}

/** A label has letters, digits, underscores and hyphens and begins with a letter or an underscore. */
const labelOf = (name: string): string => {
  const label = name.replace(/[^A-Za-z0-9_]/g, '_') || 'server'
  return /^[A-Za-z_]/.test(label) ? label : `_${label}`
}

/** https://developer.hashicorp.com/terraform/language/expressions/strings: `${` and `%{` begin templates. */
const hcl = (text: string): string =>
  `"${text
    .replace(/\\/g, '\\\\')
    .replace(/"/g, '\\"')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/([$%])\{/g, '$1$1{')}"`

const remark = (text: string | undefined): string => (text ? ` # ${text.replace(/\s+/g, ' ')}` : '')

function aligned(pairs: ReadonlyArray<readonly [string, string]>, indent: string): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${indent}${name.padEnd(width)} = ${value}`)
}

/** Inside single quotes a shell reads nothing but the quote itself. */
const shell = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`
