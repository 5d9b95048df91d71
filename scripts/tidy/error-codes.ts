import ts from 'typescript'
import { statusOf } from '../../packages/platform/src/foundation/http/problems.ts'
import type { TextFile } from './tree.ts'

/** Where a code is made. `status` is what HTTP answers, undefined where it is no answer to a request. */
export interface CodeUse {
  code: string
  status: number | undefined
  place: string
}

/** The makers of kit/errors.ts are named after the kinds: `payment_required` is made by `paymentRequired`. */
const makers: Record<string, number> = Object.fromEntries(
  Object.entries(statusOf).map(([kind, status]) => [kind.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), status]),
)
const kinds: Record<string, number> = statusOf

/**
 * Every error code that a file makes: by a maker of the kit, as `new CallerError`, by a rule of the contract, as the problem document of
 * a failure (`base`), as `new OrderFailed` (why a task failed) or as the `code` of a `new UpstreamError`.
 * A code that is put together from parts cannot be read here; a test that drives the routes sees those.
 */
export function codesOf(file: TextFile): CodeUse[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
  const uses: CodeUse[] = []
  const add = (node: ts.Node | undefined, status: number | undefined) => {
    for (const code of node ? literalsIn(node) : [])
      uses.push({ code, status, place: `${file.path}:${source.getLineAndCharacterOfPosition(node?.getStart() ?? 0).line + 1}` })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const [first, second] = node.arguments
      const name = node.expression.text
      if (name in makers) add(first, makers[name])
      if (name === 'rule') add(first, makers.conflict)
      if (name === 'base' && first) add(second, ts.isNumericLiteral(first) ? Number(first.text) : undefined)
    }
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
      const [first, second] = node.arguments ?? []
      if (node.expression.text === 'CallerError') add(second, first && ts.isStringLiteral(first) ? kinds[first.text] : undefined)
      if (node.expression.text === 'OrderFailed') add(first, undefined)
      if (node.expression.text === 'UpstreamError' && first && ts.isObjectLiteralExpression(first))
        add(
          first.properties.find(
            (property): property is ts.PropertyAssignment =>
              ts.isPropertyAssignment(property) && property.name.getText() === 'code',
          )?.initializer,
          undefined,
        )
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return uses
}

const aCode = /^[a-z_]+\.[a-z_]+$/

/** The codes that an expression may come to: `refusal?.code ?? 'server.not_built'` holds one. */
function literalsIn(node: ts.Node): string[] {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return aCode.test(node.text) ? [node.text] : []
  if (ts.isTemplateExpression(node)) return []
  return node.getChildren().flatMap(literalsIn)
}

export interface Documented {
  code: string
  /** The HTTP statuses that its first line names. */
  statuses: number[]
  /** Who is told what to do. */
  readers: string[]
}

/** The sections of docs/errors.md: `### code`, a line that begins with the status, and one point for each reader. */
export const documentedIn = (text: string): Documented[] =>
  text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [code = '', ...rest] = section.split('\n')
      const body = rest.join('\n').split(/^## /m)[0] ?? ''
      const [first = ''] = body.trim().split('\n')
      return {
        code: code.trim(),
        statuses: [...first.matchAll(/\b[45]\d\d\b/g)].map(([status]) => Number(status)),
        readers: [...body.matchAll(/^- \*\*(\w+):\*\*/gm)].map(([, reader = '']) => reader),
      }
    })
