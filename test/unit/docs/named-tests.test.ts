import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const pages = readdirSync('docs').filter((name) => name.endsWith('.md'))

test.each(pages)('every test that docs/%s names exists', (page) => {
  const text = readFileSync(`docs/${page}`, 'utf8')
  const named = [...text.matchAll(/`(?:test\/)?((?:unit|service|process|clients|browser)\/[\w/-]+)(?:\.test\.ts)?`/g)]
  const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(`test/${path}`))
  expect(missing.filter((path) => !existsSync(`test/${path}.test.ts`))).toEqual([])
})
