import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { entryWords } from '../src/account/billing/entry-words.ts'
import { stepWords, taskTitle } from '../src/account/tasks/task-words.ts'
import english from '../src/i18n/en/index.ts'
import i18n from '../src/i18n/index.ts'
import russian from '../src/i18n/ru/index.ts'
import { wordsForCode } from '../src/lib/problem-words.ts'

// What the service can send as a code has words in both languages: a page in Russian never falls back to the service's English.
const service = fileURLToPath(new URL('../../platform/src/', import.meta.url))
i18n.global.setLocaleMessage('en', english)
i18n.global.setLocaleMessage('ru', russian)

function sources(below = ''): ts.SourceFile[] {
  return readdirSync(join(service, below), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => ts.createSourceFile(path, readFileSync(join(service, below, path), 'utf8'), ts.ScriptTarget.Latest, true))
}
function objectsIn(node: ts.Node): ts.ObjectLiteralExpression[] {
  const found: ts.ObjectLiteralExpression[] = ts.isObjectLiteralExpression(node) ? [node] : []
  ts.forEachChild(node, (child) => void found.push(...objectsIn(child)))
  return found
}
/** `{ wanted: … }`, or `{ wanted }` with a constant of this name in the same file. */
const property = (object: ts.ObjectLiteralExpression, wanted: string): ts.Expression | undefined =>
  object.properties.flatMap((one) => {
    if (ts.isPropertyAssignment(one) && ts.isIdentifier(one.name) && one.name.text === wanted) return [one.initializer]
    return ts.isShorthandPropertyAssignment(one) && one.name.text === wanted ? constants(object.getSourceFile(), wanted) : []
  })[0]
function constants(node: ts.Node, wanted: string): ts.Expression[] {
  if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === wanted && node.initializer)
    return [ts.isAsExpression(node.initializer) ? node.initializer.expression : node.initializer]
  const found: ts.Expression[] = []
  ts.forEachChild(node, (child) => void found.push(...constants(child, wanted)))
  return found
}
const textOf = (node: ts.Node | undefined) => (node && ts.isStringLiteral(node) ? node.text : undefined)
const inEveryLanguage = <T>(what: () => T): T[] =>
  (['en', 'ru'] as const).map((language) => {
    i18n.global.locale.value = language
    return what()
  })

test('every kind of entry in the ledger has words', () => {
  const codes = sources('ledger')
    .flatMap(objectsIn)
    .flatMap((object) => textOf(property(object, 'code')) ?? [])
  expect(codes).toContain('promise_end')
  expect(codes).toContain('usage_correction')
  const untold = codes.filter((code) => inEveryLanguage(() => entryWords({ code, description: '–' })).includes('–'))
  expect(untold).toEqual([])
})

test('every workflow and each of its steps has words', () => {
  const workflows = sources()
    .flatMap(objectsIn)
    .flatMap((object) => {
      const [name, labels] = [textOf(property(object, 'name')), property(object, 'labels')]
      if (!name?.includes('.') || !labels || !ts.isObjectLiteralExpression(labels)) return []
      return [{ name, steps: labels.properties.flatMap(({ name }) => (name && ts.isIdentifier(name) ? [name.text] : [])) }]
    })
  expect(workflows.length).toBeGreaterThan(7)
  const subject = { type: 'server', id: 's1', name: 'web-01' }
  const untold = workflows.flatMap(({ name: workflow, steps }) => [
    ...(inEveryLanguage(() => taskTitle({ workflow, subject })).some((title) => title.startsWith(workflow)) ? [workflow] : []),
    ...steps
      .filter((step) => inEveryLanguage(() => stepWords(workflow, { step, label: '–' })).includes('–'))
      .map((step) => `${workflow} ${step}`),
  ])
  expect(untold).toEqual([])
})

/** Codes that pages tell by their status: the words are the same for all of a status (`lib/problem.ts`). */
const toldByStatus = [/\.unknown$/, /^service\./, /^account\.(not_signed_in|slow_down|not_operator)$/, /^balance\.too_low$/]
/** Codes of programs that speak to the API themselves: no page of ours can be answered so. */
const neverToPages =
  /^(request\.(not_json|malformed|too_large|invalid|idempotency_\w+)|entry\.key_reused|balance\.no_such_debt|promise\.open|prices\.in_the_past|demo\.not_simulated|events\.too_many_streams|token\.(expired|outlives)|metrics\.closed|server\.order_invalid)$/

test('every error that a page can be answered has words', () => {
  const documented = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const codes = [...documented.matchAll(/^### ([a-z_.]+)\n(\d+)/gm)].map(([, code]) => code as string)
  expect(codes.length).toBeGreaterThan(40)
  const untold = codes.filter(
    (code) =>
      !neverToPages.test(code) &&
      !toldByStatus.some((pattern) => pattern.test(code)) &&
      inEveryLanguage(() => wordsForCode(code)).includes(undefined),
  )
  expect(untold).toEqual([])
})
