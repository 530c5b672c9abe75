import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const docs = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
const pages = ['README.md', 'CONTRIBUTING.md', ...docs, 'examples/python/README.md']

/** The lines of all `sh` blocks of a page. A command that continues on further lines is one line. */
function commandLines(path: string): readonly string[] {
  const blocks = [...read(path).matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  return blocks.flatMap(([, block = '']) => block.replaceAll('\\\n', '').split('\n'))
}

describe('a shell command of the documentation', () => {
  // In a shell, NAME=value alone is a variable that the service does not see.
  test.each(pages)('that sets a setting exports it, or starts the service: %s', (path) => {
    const value = `(?:'[^']*'|"[^"]*"|[^\\s'"]*)+`
    const alone = new RegExp(`^[A-Z][A-Z_]*=${value}$`)
    expect(commandLines(path).filter((line) => alone.test(line))).toEqual([])
  })

  test.each(pages)('that writes a file writes one that git ignores: %s', (path) => {
    const ignored = read('.gitignore').split('\n')
    const written = commandLines(path).flatMap((line) => /> ([\w.-]+)$/.exec(line)?.[1] ?? [])
    expect(written.filter((name) => !ignored.includes(name))).toEqual([])
  })
})
