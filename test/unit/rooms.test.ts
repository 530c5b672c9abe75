import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const filesOf = (folder: string) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('gen/'))
    .map((path) => `${folder}/${path}`)
const parse = (path: string) =>
  ts.createSourceFile(path, readFileSync(`${root}${path}`, 'utf8'), ts.ScriptTarget.Latest, true)

/**
 * Who may import what. `gen` stands for all generated code, `src/...` for a room, anything else for a package; `node:` for Node's modules
 * that neither do I/O nor roll dice. What is not listed may not be imported.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/main.ts': ['src/app', 'src/log', 'src/settings', 'node:fs'],
  'src/app.ts': [
    ...['src/caller', 'src/contacts', 'src/log', 'src/rpc', 'src/sending', 'src/settings', 'gen'],
    ...['mongodb', 'nanoid', 'pino', 'node:crypto', 'node:module', 'node:timers/promises'],
  ],
  'src/settings.ts': ['src/settings-table', 'zod'],
  'src/settings-table.ts': [
    ...['src/caller', 'src/sending/body-template', 'src/sending/wording', 'src/setting-values'],
    'zod',
  ],
  'src/setting-values.ts': ['src/sending/mail', 'zod'],
  'src/failure.ts': ['gen'],
  'src/caller.ts': ['src/failure'],
  'src/log.ts': ['pino', 'src/contacts/courier', 'src/failure', 'src/rpc/call'],
  'src/contacts/contact.ts': ['gen', 'src/failure', 'node:crypto'],
  'src/contacts/codes.ts': ['node:crypto'],
  'src/contacts/refusals.ts': ['src/failure'],
  'src/contacts/verification.ts': ['src/contacts/contact', 'src/contacts/refusals', 'src/failure'],
  'src/contacts/delivery.ts': ['src/contacts/contact'],
  'src/contacts/pages.ts': ['src/contacts/contact', 'node:crypto'],
  'src/contacts/fields.ts': [
    ...['src/contacts/contact', 'src/failure', 'gen'],
    ...['validator', 'libphonenumber-js', 'node:url'],
  ],
  'src/contacts/requests.ts': [
    ...['src/contacts/contact', 'src/contacts/fields', 'src/contacts/pages', 'src/contacts/verification'],
    ...['src/failure', 'gen'],
  ],
  'src/contacts/answers.ts': [
    ...['src/contacts/contact', 'src/contacts/pages', 'src/contacts/requests', 'src/contacts/verification'],
    ...['gen', '@bufbuild/protobuf'],
  ],
  'src/contacts/store/group-commit.ts': [],
  'src/contacts/store/driver-errors.ts': ['mongodb'],
  'src/contacts/store/collection.ts': [
    ...['src/contacts/contact', 'src/contacts/store/driver-errors', 'src/contacts/store/group-commit'],
    ...['src/failure', 'mongodb'],
  ],
  'src/contacts/store/additions.ts': [
    ...['src/contacts/contact', 'src/contacts/refusals', 'src/contacts/store', 'src/failure'],
    ...['mongodb', 'node:timers/promises'],
  ],
  'src/contacts/store/lookups.ts': [
    ...['src/contacts/contact', 'src/contacts/pages', 'src/contacts/refusals', 'src/contacts/store', 'src/failure'],
    'mongodb',
  ],
  'src/contacts/store/changes.ts': [
    ...['src/contacts/contact', 'src/contacts/refusals', 'src/contacts/store', 'src/failure'],
    ...['mongodb', 'node:timers/promises'],
  ],
  'src/contacts/store/quotas.ts': ['src/contacts/store', 'src/failure', 'mongodb'],
  'src/contacts/verification-sending.ts': [
    ...['src/contacts/contact', 'src/contacts/store', 'src/contacts/verification', 'src/failure'],
    'node:crypto',
  ],
  'src/contacts/courier.ts': [
    ...['src/contacts/contact', 'src/contacts/delivery', 'src/contacts/store', 'src/failure'],
    'node:timers/promises',
  ],
  'src/contacts/service.ts': ['src/caller', 'src/contacts', 'gen'],
  'src/sending/code-message.ts': [],
  'src/sending/wording.ts': ['src/sending/code-message'],
  'src/sending/body-template.ts': [],
  'src/sending/mail.ts': ['nodemailer', 'src/sending/code-message', 'src/sending/wording'],
  'src/sending/gateway.ts': ['src/sending/body-template', 'src/sending/code-message', 'src/sending/wording'],
  'src/sending/sender.ts': [
    'src/sending/code-message',
    'src/sending/gateway',
    'src/sending/mail',
    'src/sending/wording',
  ],
  'src/rpc/status.ts': ['@bufbuild/protobuf', '@grpc/grpc-js', 'src/failure', 'gen'],
  'src/rpc/call.ts': ['@bufbuild/protobuf', '@grpc/grpc-js', 'src/failure', 'src/rpc/status'],
  'src/rpc/server.ts': [
    ...['@bufbuild/protobuf', '@grpc/grpc-js', 'src/failure', 'src/rpc/call', 'src/rpc/status'],
    ...['node:events', 'node:net'],
  ],
  'src/rpc/health.ts': ['grpc-health-check'],
  'src/rpc/reflection.ts': ['@bufbuild/protobuf', '@grpc/reflection'],
}

/** Rooms and packages that a file imports, each as it is named above. */
function importsOf(path: string): readonly string[] {
  const specifiers = parse(path).statements.flatMap((statement) =>
    (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) && statement.moduleSpecifier
      ? [(statement.moduleSpecifier as ts.StringLiteral).text]
      : [],
  )
  return specifiers.map((specifier) => {
    if (!specifier.startsWith('.')) return specifier
    const { pathname } = new URL(specifier.replace(/\.js$/, ''), `file:///${path}`)
    return pathname.startsWith('/src/gen/') ? 'gen' : pathname.slice(1)
  })
}

const covers = (rule: string, imported: string) => imported === rule || imported.startsWith(`${rule}/`)

describe('the rooms', () => {
  test('are the files of src, no more and no fewer', () => {
    expect(filesOf('src').sort()).toEqual(Object.keys(allowed).sort())
  })

  test.each(Object.entries(allowed))('%s imports only what it may', (path, rules) => {
    expect(importsOf(path).filter((imported) => !rules.some((rule) => covers(rule, imported)))).toEqual([])
  })

  test('only main reads the environment, only app has clocks and dice', () => {
    const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
    const using = (words: RegExp) => filesOf('src').filter((path) => words.test(read(path)))
    expect(using(/process\.env/)).toEqual(['src/main.ts'])
    expect(using(/Date\.now|Math\.random|randomUUID|new Date\(\)/)).toEqual(['src/app.ts'])
  })
})

interface Length {
  readonly what: string
  readonly lines: number
}

const linesOf = (node: ts.Node, source: ts.SourceFile) =>
  source.getLineAndCharacterOfPosition(node.end).line - source.getLineAndCharacterOfPosition(node.getStart()).line + 1

/** Every function of a file but those with a reason for their length beside them, in the words `Long, because`. */
function functionsOf(path: string): readonly Length[] {
  const source = parse(path)
  const found: Length[] = []
  const visit = (node: ts.Node) => {
    const hasReason = source.text.slice(node.pos, node.getStart(source)).includes('Long, because')
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !hasReason) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      found.push({ what: `${path}:${line + 1}`, lines: linesOf(node, source) })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

describe('sizes', () => {
  test('no file is over 300 lines', () => {
    const sources = ['src', 'dev', 'bench', 'test'].flatMap(filesOf)
    const lengths = sources.map((path) => ({ what: path, lines: parse(path).getLineStarts().length }))
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([])
  })

  // Not those of tests: a `describe` is a list, not a function to be read from top to bottom.
  test('no function is over 40 lines without a reason beside it', () => {
    const functions = ['src', 'dev', 'bench'].flatMap(filesOf).flatMap(functionsOf)
    expect(functions.filter(({ lines }) => lines > 40)).toEqual([])
  })
})
