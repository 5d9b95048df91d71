import { UpstreamError } from '@straylight/kit'
import { fields, garbled } from './decode.ts'
import type { ServiceName } from './errors.ts'

/** A microversion, `2.79`: two whole numbers, ordered by both. 2.9 is older than 2.10. */
export interface Version {
  major: number
  minor: number
}

export function parseVersion(text: string): Version | undefined {
  const parts = /^v?(\d{1,4})\.(\d{1,5})$/.exec(text)
  return parts ? { major: Number(parts[1]), minor: Number(parts[2]) } : undefined
}

export const formatVersion = (version: Version): string => `${version.major}.${version.minor}`

export const compareVersions = (a: Version, b: Version): number => a.major - b.major || a.minor - b.minor

export interface VersionRange {
  min: Version
  max: Version
}

/**
 * Reads the document at a service's root. Nova has `{version: {version, min_version}}`, Cinder `{versions: [{version, min_version}]}`,
 * Placement `{versions: [{max_version, min_version}]}`.
 */
export function fromVersionDocument(service: ServiceName, raw: unknown): VersionRange {
  const document = fields(service, 'version document', raw)
  const entries = document.has('version')
    ? [document.child('version')]
    : document.list('versions', (item) => fields(service, 'version', item))
  const ranges: VersionRange[] = []
  for (const entry of entries) {
    const max = parseVersion(entry.filledText('max_version') ?? entry.filledText('version') ?? '')
    const min = parseVersion(entry.filledText('min_version') ?? '')
    if (max && min) ranges.push({ min, max })
  }
  const newest = ranges.sort((a, b) => compareVersions(b.max, a.max))[0]
  if (!newest) throw garbled(service, 'its version document names no microversion')
  return newest
}

/** The highest version that both sides speak, not above `atMost`; an error of kind `invalid` when there is none or it is below `atLeast`. */
export function agree(
  service: ServiceName,
  ours: VersionRange,
  theirs: VersionRange,
  bounds: { atLeast?: string | undefined; atMost?: string | undefined } = {},
): Version {
  const atMost = bounds.atMost === undefined ? undefined : parseVersion(bounds.atMost)
  const atLeast = bounds.atLeast === undefined ? undefined : parseVersion(bounds.atLeast)
  let version = compareVersions(ours.max, theirs.max) <= 0 ? ours.max : theirs.max
  if (atMost && compareVersions(atMost, version) < 0) version = atMost
  let lowest = compareVersions(ours.min, theirs.min) >= 0 ? ours.min : theirs.min
  if (atLeast && compareVersions(atLeast, lowest) > 0) lowest = atLeast
  if (compareVersions(version, lowest) >= 0) return version
  throw new UpstreamError({
    service,
    kind: 'invalid',
    code: `${service}.version_not_spoken`,
    message: `${service} speaks ${formatVersion(theirs.min)} to ${formatVersion(theirs.max)}, and this call needs ${formatVersion(lowest)} to ${formatVersion(bounds.atMost ? (parseVersion(bounds.atMost) as Version) : ours.max)}`,
    retryable: false,
    effect: 'none',
  })
}
