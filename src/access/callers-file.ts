import { Lexer, LineCounter, Parser, parseDocument } from 'yaml'
import { z } from 'zod'
import { ConfigurationError } from '../config/read-settings.js'
import { callerIdPattern, directoryIdPattern, type Identity, type Role, roles, type Via } from './caller.js'

/** The callers of CALLERS_FILE, by their credentials. */
export interface Callers {
  readonly ids: ReadonlySet<string>
  readonly bySpiffeId: ReadonlyMap<string, Identity>
  /** In lower case. */
  readonly byDnsName: ReadonlyMap<string, Identity>
  /** By the hexadecimal SHA-256 of the token. */
  readonly byTokenSha256: ReadonlyMap<string, TokenCaller>
  readonly byJwtSubject: ReadonlyMap<string, Identity>
}

export interface TokenCaller {
  readonly sha256: Buffer
  readonly identity: Identity
}

const maxBytes = 1_048_576
/** Of lists and mappings in each other, and a few more that the parser counts. A valid file has 5. */
const maxDepth = 30

const spiffeIdPattern = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$/
const dnsNamePattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

const matching = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error })
const oneRole = `must be one of: ${roles.join(', ')}`
const directoryList = 'must be "*", or a list of directory ids'

const credentials = {
  spiffe: matching(
    spiffeIdPattern,
    'must be a SPIFFE id with a path, such as spiffe://example.org/ns/billing',
  ).optional(),
  dns: matching(dnsNamePattern, 'must be a DNS name in lower case, without wildcard').optional(),
  token_sha256: matching(/^[0-9a-f]{64}$/, 'must be a SHA-256 as 64 hexadecimal digits in lower case').optional(),
  jwt_subject: matching(/^[^\p{Cc}]{1,256}$/u, 'must be a text of 1 to 256 characters').optional(),
}
type Credential = keyof typeof credentials
const credentialNames = Object.keys(credentials) as Credential[]

const vias: Readonly<Record<Credential, Via>> = {
  spiffe: 'mtls',
  dns: 'mtls',
  token_sha256: 'token',
  jwt_subject: 'jwt',
}

const callerSchema = z.strictObject(
  {
    id: matching(callerIdPattern, 'must be 1 to 128 of A-Z a-z 0-9 _ . : | / - and begin with a letter or digit'),
    ...credentials,
    directories: z.union(
      [
        z.literal('*'),
        z
          .array(matching(directoryIdPattern, 'must be 1 to 64 of A-Z a-z 0-9 _ -'), { error: directoryList })
          .min(1, { error: directoryList }),
      ],
      { error: directoryList },
    ),
    roles: z
      .array(z.enum(roles, { error: oneRole }), { error: 'must be a list of roles' })
      .min(1, { error: 'must contain a role' }),
    calls_per_second: z
      .number({ error: 'must be a number from 1 to 1000000' })
      .min(1, { error: 'must be a number from 1 to 1000000' })
      .max(1_000_000, { error: 'must be a number from 1 to 1000000' })
      .optional(),
  },
  { error: ({ code }) => (code === 'unrecognized_keys' ? unknownKey : 'must be a caller') },
)

const unknownKey = `must have no other keys than id, ${credentialNames.join(', ')}, directories, roles, calls_per_second`

const fileSchema = z.strictObject(
  { callers: z.array(callerSchema, { error: 'must be a list of callers' }) },
  {
    error: ({ code }) =>
      `must ${code === 'unrecognized_keys' ? 'have no other key than callers' : 'have the key callers'}`,
  },
)

type ListedCaller = z.output<typeof callerSchema>

export const noCallers: Callers = callersOf([])

/** Reads the text of CALLERS_FILE. Throws ConfigurationError with every complaint; none contains a value of the file. */
export function parseCallers(bytes: Buffer): Callers {
  const content = parseYaml(bytes)
  const { data, error } = fileSchema.safeParse(content)
  const problems = [
    ...(error?.issues ?? []).map(({ path, message }) => `${pathText(path)} ${message}`),
    ...entriesOf(content).flatMap((entry, index) => credentialProblems(entry, `callers[${index}]`)),
    ...['id', ...credentialNames].flatMap((key) => duplicateProblems(content, key)),
  ]
  if (!data || problems.length > 0) throw new ConfigurationError(problems.map((problem) => `CALLERS_FILE: ${problem}`))
  return callersOf(data.callers)
}

/** Neither aliases nor tags: a small text could stand for a very large or a strange content. */
function parseYaml(bytes: Buffer): unknown {
  if (bytes.length > maxBytes) throw new ConfigurationError([`CALLERS_FILE must have at most ${maxBytes} bytes`])
  const text = bytes.toString()
  if (isTooDeep(text)) throw new ConfigurationError([`CALLERS_FILE must have at most ${maxDepth} levels`])
  const lineCounter = new LineCounter()
  const options = { schema: 'core', resolveKnownTags: false, stringKeys: true, lineCounter } as const
  // Pretty errors would quote the file.
  const document = parseDocument(text, { ...options, prettyErrors: false })
  const lines = [...document.errors, ...document.warnings].map(({ pos: [start] }) => lineCounter.linePos(start).line)
  if (lines.length > 0)
    throw new ConfigurationError(
      [...new Set(lines)].map((line) => `CALLERS_FILE must be YAML: line ${line} is not valid`),
    )
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    throw new ConfigurationError(['CALLERS_FILE must be YAML without aliases'])
  }
}

/** Found out without recursion: in a text of many levels, the parser of documents would end the process. */
function isTooDeep(text: string): boolean {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme)) {
      // Only the depth matters.
    }
    if (parser.stack.length > maxDepth) return true
  }
  return false
}

/** The entries that are at all like callers, each with its values. */
function entriesOf(content: unknown): readonly Readonly<Record<string, unknown>>[] {
  const { callers } = (content ?? {}) as { readonly callers?: unknown }
  if (!Array.isArray(callers)) return []
  return callers.map((entry: unknown) => (typeof entry === 'object' && entry !== null ? { ...entry } : {}))
}

function credentialProblems(entry: Readonly<Record<string, unknown>>, path: string): string[] {
  const count = credentialNames.filter((name) => entry[name] !== undefined).length
  return count === 1 ? [] : [`${path} must have exactly one of ${credentialNames.join(', ')}`]
}

function duplicateProblems(content: unknown, key: string): string[] {
  const first = new Map<string, number>()
  return entriesOf(content).flatMap((entry, index) => {
    const value = entry[key]
    if (typeof value !== 'string') return []
    const earlier = first.get(value)
    if (earlier !== undefined) return [`callers[${index}].${key} must not be the same as callers[${earlier}].${key}`]
    first.set(value, index)
    return []
  })
}

const pathText = (path: readonly PropertyKey[]) =>
  path.length === 0
    ? 'The file'
    : path
        .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
        .join('')

function callersOf(listed: readonly ListedCaller[]): Callers {
  const by = (credential: Credential) =>
    new Map(
      listed.flatMap((caller): [string, Identity][] => {
        const value = caller[credential]
        return value === undefined ? [] : [[value, identityOf(caller, vias[credential])]]
      }),
    )
  return {
    ids: new Set(listed.map(({ id }) => id)),
    bySpiffeId: by('spiffe'),
    byDnsName: by('dns'),
    byTokenSha256: new Map(
      [...by('token_sha256')].map(([hex, identity]) => [hex, { sha256: Buffer.from(hex, 'hex'), identity }]),
    ),
    byJwtSubject: by('jwt_subject'),
  }
}

function identityOf({ id, directories, roles, calls_per_second: callsPerSecond }: ListedCaller, via: Via): Identity {
  return {
    id,
    via,
    directories: directories === '*' ? directories : [...new Set(directories)],
    roles: [...new Set<Role>(roles)],
    ...(callsPerSecond !== undefined && { callsPerSecond }),
  }
}
