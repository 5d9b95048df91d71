import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// Rules that the content policy (style-src 'self') and the languages put on every template.
const source = fileURLToPath(new URL('../src/', import.meta.url))
const templates = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.vue') && !path.includes('gallery'))
  .map((path) => {
    const text = readFileSync(join(source, path), 'utf8')
    return { path, template: text.slice(text.indexOf('<template>'), text.lastIndexOf('</template>')), text }
  })

test('there are templates to look at', () => {
  expect(templates.length).toBeGreaterThan(50)
})

test('no template writes a style attribute: the content policy forbids it where Vue hoists the element into a string', () => {
  expect(templates.filter(({ template }) => /\sstyle="/.test(template)).map(({ path }) => path)).toEqual([])
})

test('no template sets HTML from a string', () => {
  expect(templates.filter(({ template }) => /v-html/.test(template)).map(({ path }) => path)).toEqual([])
})

test('no words stand in a template: they come from the catalogue', () => {
  const words = templates.flatMap(({ path, template }) => {
    const text = template
      .replaceAll(/<!--[\s\S]*?-->/g, '')
      // A drawing that is hidden from readers is decoration.
      .replaceAll(/<svg[^>]*aria-hidden="true"[\s\S]*?<\/svg>/g, '')
      .replaceAll(/\{\{[\s\S]*?\}\}/g, '')
      .replaceAll(/<(?:"[^"]*"|'[^']*'|[^'">])*>/g, '\n')
    return [...text.matchAll(/\p{L}{3,}/gu)].map(([word]) => `${path}: ${word}`)
  })
  // Names that are the same in every language.
  const names = /: (?:API|vCPU|SSH|nbsp|IPv4|IPv6|Terraform|curl|GiB|UTC)$/
  expect(words.filter((word) => !names.test(word))).toEqual([])
})

test('pages have no colours of their own', () => {
  const own = templates
    .filter(({ path }) => !path.startsWith('ui/'))
    .filter(({ text }) => /<style[\s\S]*(?:#[0-9a-f]{3,8}\b|rgb\(|oklch\()/i.test(text))
  expect(own.map(({ path }) => path)).toEqual([])
})
