import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { callerIdPattern, directoryIdPattern, roles } from '../../../src/access/caller.js'
import { parseCallers } from '../../../src/access/callers-file.js'
import { callersFileEntry, createApiToken } from '../../../src/access/token.js'
import { ConfigurationError } from '../../../src/config/read-settings.js'

const parse = (text: string) => parseCallers(Buffer.from(text))
const sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

/** Every problem with a file. None if it is valid. */
function problemsWith(text: string | Buffer): readonly string[] {
  try {
    parseCallers(Buffer.from(text))
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems
  }
}

/** The problems with one caller that differs from a valid one; undefined removes a key. */
const problemsWithCaller = (differences: Readonly<Record<string, unknown>>) =>
  problemsWith(
    stringify({
      callers: [{ id: 'a', token_sha256: sha256, directories: ['rd-1'], roles: ['reader'], ...differences }],
    }),
  )

describe('the callers file', () => {
  test('gives callers by their credentials', () => {
    const callers = parse(`
callers:
  - id: billing-notifier
    spiffe: spiffe://example.org/ns/billing/sa/notifier
    directories: "*"
    roles: [reader]
  - id: console
    token_sha256: ${sha256}
    directories: [rd-1, rd-1]
    roles: [editor, verifier, editor]
    calls_per_second: 50
  - id: partner
    dns: partner.example.org
    directories: [rd-2, rd-3]
    roles: [administrator]
  - id: tom
    jwt_subject: tom@example.com
    directories: [rd-1]
    roles: [reader]
`)
    const console = {
      id: 'console',
      via: 'token',
      directories: ['rd-1'],
      roles: ['editor', 'verifier'],
      callsPerSecond: 50,
    }
    expect(callers).toEqual({
      ids: new Set(['billing-notifier', 'console', 'partner', 'tom']),
      bySpiffeId: new Map([
        [
          'spiffe://example.org/ns/billing/sa/notifier',
          { id: 'billing-notifier', via: 'mtls', directories: '*', roles: ['reader'] },
        ],
      ]),
      byDnsName: new Map([
        [
          'partner.example.org',
          { id: 'partner', via: 'mtls', directories: ['rd-2', 'rd-3'], roles: ['administrator'] },
        ],
      ]),
      byTokenSha256: new Map([[sha256, { sha256: Buffer.from(sha256, 'hex'), identity: console }]]),
      byJwtSubject: new Map([['tom@example.com', { id: 'tom', via: 'jwt', directories: ['rd-1'], roles: ['reader'] }]]),
    })
  })

  test('may have no callers', () => {
    expect(parse('callers: []').ids.size).toBe(0)
  })

  test('takes the entry that is printed for a new token', () => {
    const token = createApiToken(Buffer.alloc(32, 7))
    expect(token.token).toMatch(/^mct_[A-Za-z0-9_-]{43}$/)
    const roles = ['reader', 'editor'] as const
    const { byTokenSha256 } = parse(`callers:\n${callersFileEntry(token, { id: 'a:b', directories: ['rd-1'], roles })}`)
    expect(byTokenSha256.get(token.sha256)?.identity).toEqual({ id: 'a:b', via: 'token', directories: ['rd-1'], roles })
  })

  test('has the caller that an entry was printed for, whatever its texts could mean in YAML', () => {
    const meanings = ['123', '1e3', '0x1f', '0o7', 'true', 'null', 'no', 'inf', '2001-01-01']
    const id = fc.oneof(
      fc.constantFrom(...meanings, 'a:', 'a|', '1:30', '1.5', '1/2'),
      fc.stringMatching(callerIdPattern),
    )
    const directory = fc.oneof(fc.constantFrom(...meanings, '-', '-1', '_'), fc.stringMatching(directoryIdPattern))
    const directories = fc.oneof(fc.constant('*' as const), fc.uniqueArray(directory, { minLength: 1, maxLength: 4 }))
    const sha256 = fc.oneof(fc.stringMatching(/^[0-9a-f]{64}$/), fc.constantFrom('1'.repeat(64), `1e${'2'.repeat(62)}`))
    const caller = fc.record({ id, directories, roles: fc.subarray([...roles], { minLength: 1 }) })
    fc.assert(
      fc.property(sha256, caller, (hash, wanted) => {
        const { byTokenSha256 } = parse(`callers:\n${callersFileEntry({ token: '', sha256: hash }, wanted)}`)
        expect(byTokenSha256.get(hash)?.identity).toEqual({ ...wanted, via: 'token' })
      }),
    )
  })
})

const credentials = 'spiffe, dns, token_sha256, jwt_subject'
const id = 'CALLERS_FILE: callers[0].id must be 1 to 128 of A-Z a-z 0-9 _ . : | / - and begin with a letter or digit'
const spiffe =
  'CALLERS_FILE: callers[0].spiffe must be a SPIFFE id with a path, such as spiffe://example.org/ns/billing'
const dns = 'CALLERS_FILE: callers[0].dns must be a DNS name in lower case, without wildcard'
const token = 'CALLERS_FILE: callers[0].token_sha256 must be a SHA-256 as 64 hexadecimal digits in lower case'
const subject = 'CALLERS_FILE: callers[0].jwt_subject must be a text of 1 to 256 characters'
const directories = 'CALLERS_FILE: callers[0].directories must be "*", or a list of directory ids'
const rate = 'CALLERS_FILE: callers[0].calls_per_second must be a number from 1 to 1000000'
const asSpiffe = (value: unknown) => ({ token_sha256: undefined, spiffe: value })
const asDns = (value: unknown) => ({ token_sha256: undefined, dns: value })

describe('a caller with', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['no id', { id: undefined }, id],
    ['a number as id', { id: 7 }, id],
    ['an empty id', { id: '' }, id],
    ['a mail address as id', { id: 'tom@example.com' }, id],
    ['a long id', { id: 'a'.repeat(129) }, id],
    ['another scheme than SPIFFE', asSpiffe('https://example.org/a'), spiffe],
    ['a SPIFFE id without path', asSpiffe('spiffe://example.org'), spiffe],
    ['a SPIFFE id with a relative path', asSpiffe('spiffe://example.org/a/../b'), spiffe],
    ['a SPIFFE id in capital letters', asSpiffe('spiffe://Example.org/a'), spiffe],
    ['a wildcard', asDns('*.example.org'), dns],
    ['a DNS name in capital letters', asDns('Example.org'), dns],
    ['a DNS name with an empty part', asDns('example..org'), dns],
    ['a token instead of its hash', { token_sha256: `mct_${'A'.repeat(43)}` }, token],
    ['a hash in capital letters', { token_sha256: sha256.toUpperCase() }, token],
    ['a list as hash', { token_sha256: [sha256] }, token],
    ['an empty subject', { token_sha256: undefined, jwt_subject: '' }, subject],
    ['no credential', { token_sha256: undefined }, `CALLERS_FILE: callers[0] must have exactly one of ${credentials}`],
    ['two credentials', { jwt_subject: 'a' }, `CALLERS_FILE: callers[0] must have exactly one of ${credentials}`],
    ['no directories', { directories: undefined }, directories],
    ['an empty list of directories', { directories: [] }, directories],
    ['a text as directories', { directories: 'rd-1' }, directories],
    [
      'a directory that is no id',
      { directories: ['rd-1', '*'] },
      'CALLERS_FILE: callers[0].directories[1] must be 1 to 64 of A-Z a-z 0-9 _ -',
    ],
    ['no roles', { roles: undefined }, 'CALLERS_FILE: callers[0].roles must be a list of roles'],
    ['an empty list of roles', { roles: [] }, 'CALLERS_FILE: callers[0].roles must contain a role'],
    [
      'an unknown role',
      { roles: ['reader', 'owner'] },
      'CALLERS_FILE: callers[0].roles[1] must be one of: reader, editor, verifier, administrator',
    ],
    ['a negative limit', { calls_per_second: -1 }, rate],
    ['a text as limit', { calls_per_second: '50' }, rate],
    ['no limit at all', { calls_per_second: Number.POSITIVE_INFINITY }, rate],
    [
      'an unknown key',
      { role: 'reader' },
      `CALLERS_FILE: callers[0] must have no other keys than id, ${credentials}, directories, roles, calls_per_second`,
    ],
  ])('%s is a problem', (_, differences, problem) => {
    expect(problemsWithCaller(differences)).toEqual([problem])
  })
})

describe('a file', () => {
  const caller = (callerId: string, hash: string) =>
    `  - { id: ${callerId}, token_sha256: ${hash}, directories: [rd-1], roles: [reader] }\n`

  test.each<[string, string | Buffer, string]>([
    ['that is empty', '', 'CALLERS_FILE: The file must have the key callers'],
    ['with a list', '- a', 'CALLERS_FILE: The file must have the key callers'],
    ['with another key', 'callers: []\nusers: []', 'CALLERS_FILE: The file must have no other key than callers'],
    ['with a text as callers', 'callers: none', 'CALLERS_FILE: callers must be a list of callers'],
    ['with a text as caller', 'callers: [none]', 'CALLERS_FILE: callers[0] must be a caller'],
    ['with a tab', 'callers:\n\t- id: a', 'CALLERS_FILE must be YAML: line 2 is not valid'],
    ['that ends in a quote', 'callers: "', 'CALLERS_FILE must be YAML: line 1 is not valid'],
    ['with a key twice', 'callers: []\ncallers: []', 'CALLERS_FILE must be YAML: line 2 is not valid'],
    ['with a tag', 'callers: !!binary aGVsbG8=', 'CALLERS_FILE must be YAML: line 1 is not valid'],
    ['with a tag of another program', 'callers: !js/function "a"', 'CALLERS_FILE must be YAML: line 1 is not valid'],
    ['with an alias', 'callers: &a [*a]', 'CALLERS_FILE must be YAML without aliases'],
    ['with two documents', 'callers: []\n---\ncallers: []', 'CALLERS_FILE must be YAML: line 2 is not valid'],
    ['that is large', Buffer.alloc(1_048_577, '#'), 'CALLERS_FILE must have at most 1048576 bytes'],
    [
      'with an id twice',
      `callers:\n${caller('a', 'a'.repeat(64))}${caller('a', 'b'.repeat(64))}`,
      'CALLERS_FILE: callers[1].id must not be the same as callers[0].id',
    ],
    [
      'with a credential twice',
      `callers:\n${caller('a', sha256)}${caller('b', sha256)}`,
      'CALLERS_FILE: callers[1].token_sha256 must not be the same as callers[0].token_sha256',
    ],
  ])('%s is a problem', (_, text, problem) => {
    const problems = problemsWith(text)
    if (problem.endsWith('must be a caller')) expect(problems).toContain(problem)
    else expect(problems).toEqual([problem])
  })

  test('is rejected if its aliases stand for a very large content', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`)
    expect(problemsWith(['a0: &a0 [1]', ...lines, 'callers: *a30'].join('\n'))).toEqual([
      'CALLERS_FILE must be YAML without aliases',
    ])
  })

  test.each(['[', '{', '- ', '? ', '[{a: ', '- ? '])('is rejected if it is nested too deeply, by %s', (text) => {
    expect(problemsWith(`callers:\n${text.repeat(200_000)}`)).toEqual(['CALLERS_FILE must have at most 30 levels'])
  })

  test('is rejected with every problem at once', () => {
    const text = `
callers:
  - { id: a, token_sha256: x, directories: [rd 1], roles: [owner] }
  - { id: a, dns: a.example.org, spiffe: "spiffe://example.org/a", directories: [], roles: [reader], name: x }
`
    expect(problemsWith(text)).toEqual([
      token,
      'CALLERS_FILE: callers[0].directories[0] must be 1 to 64 of A-Z a-z 0-9 _ -',
      'CALLERS_FILE: callers[0].roles[0] must be one of: reader, editor, verifier, administrator',
      'CALLERS_FILE: callers[1].directories must be "*", or a list of directory ids',
      `CALLERS_FILE: callers[1] must have no other keys than id, ${credentials}, directories, roles, calls_per_second`,
      `CALLERS_FILE: callers[1] must have exactly one of ${credentials}`,
      'CALLERS_FILE: callers[1].id must not be the same as callers[0].id',
    ])
  })
})

describe('problems', () => {
  const secret = 'known-to-nobody-7'
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom(secret, `${secret}\n`, `mct_${secret}`),
    fc.anything({ maxDepth: 2, withNullPrototype: true }),
  )
  const key = fc.constantFrom('id', 'spiffe', 'dns', 'token_sha256', 'jwt_subject', 'directories', 'roles', secret)
  const caller = fc.dictionary(key, value).map((entry) => ({ ...entry, [secret]: secret }))

  test('never quote the file, whatever it contains, and no other error is thrown', () => {
    fc.assert(
      fc.property(fc.array(caller, { minLength: 1 }), (callers) => {
        const problems = problemsWith(stringify({ callers }))
        expect(problems.length).toBeGreaterThan(0)
        expect(problems.join('\n')).not.toContain(secret)
      }),
      { numRuns: 150 },
    )
  })

  test('never quote text that is no YAML', () => {
    const pieces = fc.constantFrom(
      'callers:',
      '\n',
      '  ',
      '- ',
      'id: ',
      '"',
      "'",
      '[',
      '{',
      '}',
      '&a',
      '*a',
      '!',
      '|',
      secret,
      '#',
      '%',
      ':',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' }))), (parts) => {
        expect(problemsWith(`${parts.join('')}${secret}`).join('\n')).not.toContain(secret)
      }),
      { numRuns: 200 },
    )
  })
})
