import { expect, test } from 'vitest'
import { codesOf, documentedIn } from './tidy/error-codes.ts'
import { cycleIn, describeImport } from './tidy/imports.ts'
import { bypassingImports, mayKnow, moduleEdges, upwardImports, wrongPackages } from './tidy/layers.ts'
import { deadLinks, deadPaths, isMarkdown } from './tidy/markdown.ts'
import { foreignQueries, tableOwners } from './tidy/tables.ts'
import { isCode, isTest, linesWith, packageNames, paths, read, textFiles } from './tidy/tree.ts'

// The rules of the house that a program can check. A rule that is not worth keeping is removed here; there are no exceptions in it.

const files = textFiles()
const known = new Set(paths())
const textOf = new Map(files.map(({ path, text }) => [path, text]))
const sources = files.filter(isCode)
const printed = ['package-lock.json', 'packages/api/openapi.json', 'packages/platform/schema.sql']
const tidy = /^scripts\/(?:tidy\/|tidy\.test)/

// ── who knows whom ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a package knows only those below it: kit ← api ← web, cli; kit ← protocols; all ← platform', () => {
  expect(wrongPackages(files).map(describeImport)).toEqual([])
})

test('a package depends only on packages below it', () => {
  const wrong = packageNames().flatMap((name) => {
    const { dependencies = {} } = JSON.parse(read(`packages/${name}/package.json`)) as { dependencies?: Record<string, string> }
    const ours = Object.keys(dependencies).flatMap((dependency) => /^@straylight\/(.+)/.exec(dependency)?.[1] ?? [])
    return ours.filter((other) => !mayKnow[name]?.includes(other)).map((other) => `${name} depends on ${other}`)
  })
  expect(wrong).toEqual([])
})

test('every package has its place in the order', () => {
  expect(packageNames().filter((name) => mayKnow[name] === undefined)).toEqual([])
})

test('inside the platform: foundation ← modules ← app ← main', () => {
  expect(upwardImports(files).map(describeImport)).toEqual([])
})

test('a module of the platform is entered by its index.ts', () => {
  expect(bypassingImports(files).map(describeImport)).toEqual([])
})

test('a table is asked and written only by the module of the platform that owns it', () => {
  expect(tableOwners(files).size).toBeGreaterThan(20)
  expect(foreignQueries(files)).toEqual([])
})

test('no module of the platform needs itself by way of another', () => {
  expect(cycleIn(moduleEdges(files))).toBeUndefined()
})

// ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('words of the neighbours stay in the package that speaks to them', () => {
  const foreign =
    /OS-EXT|OS-SRV|os-extended|\btask_state\b|\bchanges-since\b|\belid\b|\bbillmgr\b|virtual[-_]machine|\bfq_name\b|contrail/
  const ours = sources.filter(({ path }) => /^packages\/(?:kit|api|platform|web|cli)\//.test(path))
  expect(ours.flatMap((file) => linesWith(file, foreign))).toEqual([])
})

test('nothing is left for later', () => {
  const later = /\b(?:TODO|FIXME|HACK)\b|@ts-(?:ignore|nocheck|expect-error)/
  const own = files.filter(({ path }) => !printed.includes(path) && !tidy.test(path))
  expect(own.flatMap((file) => linesWith(file, later))).toEqual([])
})

test('no test is skipped or runs alone; one that needs something that is missing says so by skipIf', () => {
  const alone = /\b(?:test|it|describe|suite|bench)\.(?:skip|only|todo|fails)\b|\b(?:xit|xtest|xdescribe|fit|fdescribe)\(/
  expect(sources.filter((file) => isTest(file) && !tidy.test(file.path)).flatMap((file) => linesWith(file, alone))).toEqual([])
})

test('nothing names a folder of one machine', () => {
  const machine = /(?<![\w.$}:/-])\/(?:work|home|Users|root(?!\/\.ssh))\//
  expect(files.filter(({ path }) => !tidy.test(path)).flatMap((file) => linesWith(file, machine))).toEqual([])
})

test('what lies beside the repository is named only where a setting names another place', () => {
  const beside = /^(?!.*process\.env\.\w+ \?\?).*(?<!\w)\.\.\/shared\//
  expect(sources.filter(({ path }) => !tidy.test(path)).flatMap((file) => linesWith(file, beside))).toEqual([])
})

// ── size ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('no file is longer than 600 lines', () => {
  const long = files
    .filter(({ path }) => !printed.includes(path) && (isCode({ path }) || /\.(?:md|css|sql)$/.test(path)))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > 600)
  expect(long).toEqual([])
})

// ── dependencies ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const manifests = [...known].filter((path) => /(?:^|\/)package\.json$/.test(path))

test('every dependency has one exact version', () => {
  const loose = manifests.flatMap((path) => {
    const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>
    return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {})
        .filter(([, version]) => !/^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${path}: ${name} ${version}`),
    )
  })
  expect(loose).toEqual([])
})

test('the lock file names no registry', () => {
  const lock = files.filter(({ path }) => path === 'package-lock.json')
  expect(lock).toHaveLength(1)
  expect(lock.flatMap((file) => linesWith(file, /"resolved": "\w+:/))).toEqual([])
})

// ── documents ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('every package, and every module of the platform, says on one page what it owns', () => {
  const folders = [
    ...packageNames().map((name) => `packages/${name}`),
    ...new Set([...known].flatMap((path) => /^packages\/platform\/src\/[^/]+(?=\/)/.exec(path)?.[0] ?? [])),
  ]
  expect(folders.filter((folder) => !known.has(`${folder}/README.md`))).toEqual([])
})

test('every link in a document leads somewhere', () => {
  expect(files.filter(isMarkdown).flatMap((file) => deadLinks(file, textOf, known))).toEqual([])
})

test('every file that a document names is there', () => {
  expect(files.filter(isMarkdown).flatMap((file) => deadPaths(file, known))).toEqual([])
})

// ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const uses = sources.filter((file) => /^packages\/(?:api|platform)\/src\//.test(file.path) && !isTest(file)).flatMap(codesOf)
const documented = documentedIn(textOf.get('docs/errors.md') ?? '')

test('every error code that the code makes is explained in docs/errors.md', () => {
  const explained = new Set(documented.map(({ code }) => code))
  expect(uses.filter(({ code }) => !explained.has(code)).map(({ code, place }) => `${code}, made at ${place}`)).toEqual([])
})

test('docs/errors.md explains no code that the code does not make, and none twice', () => {
  const made = new Set(uses.map(({ code }) => code))
  expect(documented.map(({ code }) => code).filter((code, index, all) => !made.has(code) || all.indexOf(code) !== index)).toEqual(
    [],
  )
})

test('docs/errors.md gives each code the status that it is answered with', () => {
  const wrong = documented.flatMap(({ code, statuses }) => {
    const answered = [...new Set(uses.filter((use) => use.code === code).flatMap(({ status }) => status ?? []))].sort()
    return answered.some((status) => !statuses.includes(status)) ? [`${code} is answered with ${answered.join(', ')}`] : []
  })
  expect(wrong).toEqual([])
})

test('docs/errors.md tells the customer, the operator and the developer what to do about each code', () => {
  const readers = ['Customer', 'Operator', 'Developer']
  expect(
    documented.filter((section) => readers.some((reader) => !section.readers.includes(reader))).map(({ code }) => code),
  ).toEqual([])
})
