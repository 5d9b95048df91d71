import { expect, test } from 'vitest'
import { csvOf } from './csv.ts'

test('cells with commas, quotes and lines are quoted', () => {
  expect(
    csvOf([
      ['name', 'sum'],
      ['a "b", c', '1.50'],
      ['two\nlines', '-2.00'],
    ]),
  ).toBe('\ufeffname,sum\r\n"a ""b"", c",1.50\r\n"two\nlines",-2.00\r\n')
})

test('a name cannot become a formula, and a negative sum stays a number', () => {
  expect(csvOf([['=HYPERLINK("x")', '@a', '-cmd', '-1.25']])).toBe('\ufeff"\'=HYPERLINK(""x"")",\'@a,\'-cmd,-1.25\r\n')
})
