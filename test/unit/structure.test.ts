import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

/** Rules for the project's files that no other tool checks. Imports are checked by the rules in .dependency-cruiser.cjs. */

const root = fileURLToPath(new URL('../..', import.meta.url))

interface SourceFile {
  /** From the project's folder, for example `src/app.ts`. */
  readonly path: string
  readonly text: string
}

/** Files below a folder with one of these extensions, without generated code. */
function filesOf(folder: string, ...extensions: readonly string[]): SourceFile[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => extensions.some((extension) => path.endsWith(extension)) && !path.startsWith('src/gen/'))
    .map(readSourceFile)
}

function readSourceFile(path: string): SourceFile {
  return { path, text: readFileSync(`${root}${path}`, 'utf8') }
}

const pathsWith = (pattern: RegExp, files: readonly SourceFile[]) =>
  files.filter(({ text }) => pattern.test(text)).map(({ path }) => path)

const lineCount = ({ text }: SourceFile) => text.trimEnd().split('\n').length

const src = filesOf('src', '.ts')
const dev = filesOf('dev', '.ts')
const bench = filesOf('bench', '.ts')
const explorer = filesOf('explorer', '.ts', '.tsx')
const tests = filesOf('test', '.ts')

describe('what comes from outside', () => {
  test('only main.ts reads the environment', () => {
    expect(pathsWith(/process\.env/, src)).toEqual(['src/main.ts'])
  })

  test('only the wiring reads the clock and makes random numbers', () => {
    const sources =
      /Date\.now|new Date\(\)|performance\.now|hrtime|Math\.random|randomUUID|randomBytes|\brandom\w+.* from 'node:crypto'/
    expect(pathsWith(sources, src)).toEqual(['src/app.ts', 'src/features.ts'])
  })
})

describe('sizes', () => {
  test('no module has over 20 % of the lines of src', () => {
    const lines = new Map<string, number>()
    for (const file of src) {
      const [, module = ''] = file.path.split('/')
      lines.set(module, (lines.get(module) ?? 0) + lineCount(file))
    }
    const total = [...lines.values()].reduce((sum, count) => sum + count)
    expect([...lines].filter(([, count]) => count > total * 0.2)).toEqual([])
  })

  test('no file has over 300 lines', () => {
    const files = [...src, ...dev, ...bench, ...explorer, ...tests]
    expect(files.filter((file) => lineCount(file) > 300).map(({ path }) => path)).toEqual([])
  })

  // Not those of tests: a `describe` is a list, not a function that is read from top to bottom.
  test('no function has over 40 lines', () => {
    const functions = [...src, ...dev, ...bench, ...explorer].flatMap(functionsOf)
    expect(functions.filter(({ lines }) => lines > 40)).toEqual([])
  })
})

interface FunctionSize {
  /** Its file and first line. */
  readonly location: string
  readonly lines: number
}

function functionsOf({ path, text }: SourceFile): readonly FunctionSize[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1
  const found: FunctionSize[] = []
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const firstLine = lineOf(node.getStart())
      found.push({ location: `${path}:${firstLine}`, lines: lineOf(node.end) - firstLine + 1 })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

describe('words', () => {
  test('src, the contract and the documentation use the terms of the glossary', () => {
    const replaced =
      /patience|\bdice\b|courier|surroundings|\brooms?\b|whoever|\blawful|unlawful|\bmend(s|ed|ing)?\b|withdrawn|spelling|inTheWay|unheard|lastWords|\bproved\b|altogether/i
    const texts = [
      ...src,
      ...explorer,
      ...filesOf('proto', '.proto'),
      ...filesOf('docs', '.md'),
      readSourceFile('README.md'),
    ]
    expect(pathsWith(replaced, texts)).toEqual([])
  })
})

describe('test files', () => {
  test('lie in a folder that vitest.config.ts runs', () => {
    const paths = tests.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'))
    expect(paths.filter((path) => !/^test\/(unit|service|process|clients|browser)\//.test(path))).toEqual([])
  })
})
