import { execFileSync } from 'node:child_process'
import type { ServerCreate } from '@straylight/api'
import { expect, test } from 'vitest'
import { curlOf, terraformOf } from './as-code.ts'

const order: ServerCreate = {
  name: 'web-03',
  image: '6f1c9d3e-0000-7000-8000-000000000001',
  flavor: { vcpus: 4, ram: 8 },
  storages: [
    { size: 80, bootable: true, storage_type: 'volume' },
    { size: 200, bootable: false, storage_type: 'volume' },
  ],
  addresses: [{ external: true, version: 4, ddos_protection: false }],
  keypairs: ['6f1c9d3e-0000-7000-8000-000000000002'],
}
const context = {
  origin: 'https://cloud.example',
  projectId: '6f1c9d3e-0000-7000-8000-000000000003',
  imageName: 'Debian 13',
  keyNames: ['laptop'],
}

test('an order reads as Terraform for the CLO provider', () => {
  expect(terraformOf(order, context)).toBe(`terraform {
  required_providers {
    clo = { source = "clo-ru/clo", version = "~> 2.8" }
  }
}

# The token is read from CLO_API_AUTH_TOKEN.
provider "clo" { auth_url = "https://cloud.example" }

resource "clo_compute_instance" "web_03" {
  project_id   = "6f1c9d3e-0000-7000-8000-000000000003"
  name         = "web-03"
  image_id     = "6f1c9d3e-0000-7000-8000-000000000001" # Debian 13
  flavor_vcpus = 4
  flavor_ram   = 8
  keypairs     = ["6f1c9d3e-0000-7000-8000-000000000002"] # laptop

  block_device {
    bootable     = true
    storage_type = "volume"
    size         = 80
  }

  block_device {
    bootable     = false
    storage_type = "volume"
    size         = 200
  }

  addresses {
    external        = true
    version         = 4
    ddos_protection = false
  }
}`)
})

test('names from outside cannot break out of a string, a label or a remark', () => {
  const text = terraformOf(
    { ...order, name: ['1$', '{x}"'].join(''), addresses: [], keypairs: [] },
    { ...context, imageName: 'Debian\n}' },
  )
  expect(text).toContain('"clo_compute_instance" "_1__x__"')
  expect(text).toContain('name         = "1$${x}\\""')
  expect(text).toContain('# Debian }')
})

test('a shell gives curl exactly the body that the button sends', () => {
  const text = curlOf({ ...order, user_data: "#!/bin/sh\necho 'it''s $HOME'" }, context)
  const printed = execFileSync(
    'sh',
    ['-c', `uuidgen() { echo key; }; curl() { for argument in "$@"; do printf '%s\\0' "$argument"; done; }; ${text}`],
    {
      env: { STRAYLIGHT_TOKEN: 'secret' },
      encoding: 'utf8',
    },
  )
  const given = printed.split('\0')
  expect(given.slice(0, 9)).toEqual([
    '-X',
    'POST',
    `https://cloud.example/v2/projects/${context.projectId}/servers`,
    '-H',
    'Authorization: Bearer secret',
    '-H',
    'Idempotency-Key: key',
    '-H',
    'Content-Type: application/json',
  ])
  expect(JSON.parse(given[10] ?? '')).toEqual({ ...order, user_data: "#!/bin/sh\necho 'it''s $HOME'" })
})
