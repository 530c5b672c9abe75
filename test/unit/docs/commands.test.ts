import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const markdownIn = (folder: string) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !/(^|\/)(node_modules|\.venv)\//.test(name))
    .map((name) => `${folder}/${name}`)
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...markdownIn('docs'), ...markdownIn('examples')]

/** The lines of all `sh` blocks of a page. A command that continues on further lines is one line. */
function commandLines(path: string): readonly string[] {
  const blocks = [...read(path).matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  return blocks.flatMap(([, block = '']) => block.replaceAll('\\\n', '').split('\n'))
}

describe('a shell command of the documentation', () => {
  // In a shell, NAME=value alone is a variable that the service does not see.
  test.each(pages)('that sets a setting exports it, or starts the service: %s', (path) => {
    const setting = `[A-Z][A-Z0-9_]*=(?:'[^']*'|"[^"]*"|[^\\s'"])*`
    const alone = new RegExp(`^\\s*${setting}(\\s+${setting})*$`)
    expect(commandLines(path).filter((line) => alone.test(line))).toEqual([])
  })

  test.each(pages)('that writes a file writes one that git ignores: %s', (path) => {
    const ignored = read('.gitignore').split('\n')
    const written = commandLines(path).flatMap((line) => /(?:> |^cp \S+ |--output )([\w./-]+)$/.exec(line)?.[1] ?? [])
    expect(written.filter((name) => !ignored.includes(name) && !ignored.includes(`/${name}`))).toEqual([])
  })
})
