import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import english from '../src/i18n/en/index.ts'
import { namesOf, type Part, parseMessage } from '../src/i18n/icu.ts'
import russian from '../src/i18n/ru/index.ts'

const catalogues: Record<string, Record<string, Record<string, string>>> = { en: english, ru: russian }
const messages = Object.entries(catalogues).flatMap(([language, features]) =>
  Object.entries(features).flatMap(([feature, words]) =>
    Object.entries(words).map(([key, message]) => ({
      language,
      key: `${feature}.${key}`,
      message,
      parts: parseMessage(message),
    })),
  ),
)
const of = (language: string) => messages.filter((one) => one.language === language)

test('both languages say the same things', () => {
  expect(
    of('ru')
      .map(({ key }) => key)
      .sort(),
  ).toEqual(
    of('en')
      .map(({ key }) => key)
      .sort(),
  )
})

test('a message has the same names in both languages', () => {
  const inRussian = new Map(of('ru').map(({ key, parts }) => [key, namesOf(parts)]))
  const differing = of('en')
    .filter(({ key, parts }) => namesOf(parts).join() !== inRussian.get(key)?.join())
    .map(({ key, parts }) => ({ key, english: namesOf(parts), russian: inRussian.get(key) }))
  expect(differing).toEqual([])
})

test('every plural has the forms of its language', () => {
  const forms: Record<string, string[]> = { en: ['one', 'other'], ru: ['one', 'few', 'many', 'other'] }
  const plurals = (parts: Part[]): Record<string, Part[]>[] =>
    parts.flatMap((part) =>
      'branches' in part
        ? [...(part.kind === 'plural' ? [part.branches] : []), ...Object.values(part.branches).flatMap(plurals)]
        : [],
    )
  const lacking = messages.flatMap(({ language, key, parts }) =>
    plurals(parts).flatMap((branches) => {
      const missing = (forms[language] ?? []).filter((form) => branches[form] === undefined)
      return missing.length > 0 ? [`${language} ${key}: ${missing.join(', ')}`] : []
    }),
  )
  expect(lacking).toEqual([])
})

test('nothing that begs, apologises or cheers', () => {
  const words = /\b(?:please|oops|sorry|successfully|simply)\b|пожалуйста|извините|успешно|просто |!/i
  expect(
    messages.filter(({ message }) => words.test(message)).map(({ language, key, message }) => `${language} ${key}: ${message}`),
  ).toEqual([])
})

test('no Russian message was left in English', () => {
  const same = new Map(of('en').map(({ key, message }) => [key, message]))
  const left = of('ru').filter(
    ({ key, message }) => message === same.get(key) && /[a-z]{2,} [a-z]{2,} [a-z]{2,}/i.test(message.replace(/\{[^}]*\}/g, '')),
  )
  expect(left.map(({ key, message }) => `${key}: ${message}`)).toEqual([])
})

/** What TypeScript says to translations of one English catalogue, one list for each. */
function complaints(english: string, translations: string[]): string[][] {
  const folder = fileURLToPath(new URL('../src/i18n/', import.meta.url))
  const fixtures = new Map(
    translations.map((translation, index) => [
      `${folder}fixture-${index}.ts`,
      `import { catalogue, translationOf } from './catalogue.ts'
       const english = catalogue(${english})
       export default translationOf<typeof english>()(${translation})`,
    ]),
  )
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.fileExists = (path) => fixtures.has(path) || ts.sys.fileExists(path)
  host.getSourceFile = (path, ...rest) => {
    const text = fixtures.get(path)
    return text === undefined ? read(path, ...rest) : ts.createSourceFile(path, text, ts.ScriptTarget.ES2022)
  }
  const program = ts.createProgram([...fixtures.keys()], options, host)
  return [...fixtures.keys()].map((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  )
}

test('a translation that lacks a key or a name, or has one too many, does not compile', () => {
  const [right, lacksKey, lacksName, foreignName, foreignKey] = complaints(
    `{ servers: '{count, plural, one {# server of {all}} other {# servers of {all}}}', save: 'Save' }`,
    [
      `{ servers: '{count, plural, one {# сервер из {all}} few {# сервера из {all}} many {# из {all}} other {# из {all}}}', save: 'Сохранить' }`,
      `{ servers: '{count} из {all}' }`,
      `{ servers: '{count, plural, one {#} other {#}}', save: 'Сохранить' }`,
      `{ servers: '{count} из {all} в {place}', save: 'Сохранить' }`,
      `{ servers: '{count} из {all}', save: 'Сохранить', other: 'Лишнее' }`,
    ],
  )
  expect(right).toEqual([])
  expect(lacksKey?.join()).toContain("Property 'save' is missing")
  expect(lacksName?.join()).toContain(`'a name of the English message is missing': "all"`)
  expect(foreignName?.join()).toContain(`'a name that the English message does not have': "place"`)
  expect(foreignKey).toHaveLength(1)
})

test('every feature of the English catalogue has a Russian file that is checked against it', () => {
  const index = readFileSync(new URL('../src/i18n/ru/index.ts', import.meta.url), 'utf8')
  const files = [...index.matchAll(/^import \w+ from '\.\/(\w+)\.ts'/gm)].map(([, name]) => name as string)
  expect(files.length).toBeGreaterThan(2)
  const unchecked = files.filter((name) => {
    const text = readFileSync(new URL(`../src/i18n/ru/${name}.ts`, import.meta.url), 'utf8')
    return !text.includes('translationOf<typeof english>()(') || !text.includes(`import type english from '../en/${name}.ts'`)
  })
  expect(unchecked).toEqual([])
})
