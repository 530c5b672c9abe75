import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const [, section = ''] = /^## Credentials$([\s\S]*?)^## /m.exec(read('docs/clients.md')) ?? []
const programs = 'test/support/clients/credentials'

/** Whatever the indentation of the lines. */
const linesOf = (text: string) =>
  text
    .replace(/^[ \t]+/gm, '')
    .replace(/^return /gm, '')
    .trim()

// The programs are run by test/clients/access.
test.each([
  ['python', 2, 'list_contacts.py'],
  ['go', 3, 'main.go'],
  ['ts', 2, 'channel-credentials.ts'],
])('the examples of credentials in %s are those that tests run', (language, count, program) => {
  const blocks = [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))]
  const code = linesOf(read(`${programs}/${program}`))
  expect(blocks).toHaveLength(count)
  for (const [, block = ''] of blocks) expect(code).toContain(linesOf(block))
})
