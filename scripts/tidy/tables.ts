import { isTest, type TextFile } from './tree.ts'

const platform = /^packages\/platform\/src\/([^/]+)\//

/** The proof of the books asks the tables themselves: by way of their modules it would share the modules' mistakes. */
const auditor = 'packages/platform/src/billing/proof.ts'

const ownerOf = (path: string) => platform.exec(path)?.[1]

/** Which module of the platform declares each table. */
export function tableOwners(files: TextFile[]): Map<string, string> {
  const owners = new Map<string, string>()
  for (const { path, text } of files) {
    const owner = ownerOf(path)
    if (owner === undefined) continue
    for (const [, body = ''] of text.matchAll(/interface Tables \{\n([\s\S]*?)\n {2}\}/g))
      for (const [, table = ''] of body.matchAll(/^ {4}(\w+):/gm)) owners.set(table, owner)
  }
  return owners
}

const query = /(?:(?:selectFrom|insertInto|updateTable|deleteFrom|innerJoin|leftJoin)\('|\b(?:from|join|into|update) )(\w+)/g

/** `path:line` of each query of a table that stands outside of the module which owns it. */
export function foreignQueries(files: TextFile[]): string[] {
  const owners = tableOwners(files)
  return files
    .filter(
      (file) =>
        file.path.startsWith('packages/platform/src/') && file.path.endsWith('.ts') && file.path !== auditor && !isTest(file),
    )
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          [...line.matchAll(query)]
            .filter(
              ([, table = '']) =>
                owners.has(table) && owners.get(table) !== ownerOf(path) && !/^\s*(?:\*|\/\/|import|export)/.test(line),
            )
            .map(([, table]) => `${path}:${index + 1}: ${table}`),
        ),
    )
}
