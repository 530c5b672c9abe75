import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCallers } from '../../../src/access/callers-file.js'
import { authenticateCertificate, parseSubjectAltName } from '../../../src/access/mtls.js'
import { failureOf } from '../../support/failure-of.js'

const callers = parseCallers(
  Buffer.from(`
callers:
  - { id: notifier, spiffe: spiffe://example.org/ns/billing/sa/notifier, directories: "*", roles: [reader] }
  - { id: console, dns: console.example.org, directories: [rd-1], roles: [editor] }
  - { id: backup, dns: backup.example.org, directories: [rd-1], roles: [reader] }
`),
)
const identify = (subjectAltName: string) => authenticateCertificate(subjectAltName, callers)

describe('a client certificate', () => {
  test('identifies a caller by its SPIFFE id, whatever other names it has', () => {
    const notifier = { id: 'notifier', via: 'mtls', directories: '*', roles: ['reader'] }
    expect(identify('URI:spiffe://example.org/ns/billing/sa/notifier')).toEqual(notifier)
    const others = 'DNS:console.example.org, IP Address:10.0.0.1, DirName:"CN=a\\u002c O=b"'
    expect(identify(`${others}, URI:spiffe://example.org/ns/billing/sa/notifier`)).toEqual(notifier)
  })

  test('identifies a caller by a DNS name, in any case, if it has no SPIFFE id', () => {
    const console = { id: 'console', via: 'mtls', directories: ['rd-1'], roles: ['editor'] }
    expect(identify('DNS:Console.Example.Org')).toEqual(console)
    expect(identify('DNS:other.example.org, DNS:console.example.org, URI:https://example.org/')).toEqual(console)
  })

  test.each([
    ['no names', ''],
    ['an unknown SPIFFE id', 'URI:spiffe://example.org/other'],
    ['an unknown SPIFFE id and a known DNS name', 'URI:spiffe://example.org/other, DNS:console.example.org'],
    ['two SPIFFE ids', 'URI:spiffe://example.org/ns/billing/sa/notifier, URI:spiffe://example.org/ns/billing/sa/other'],
    ['the same SPIFFE id twice', Array(2).fill('URI:spiffe://example.org/ns/billing/sa/notifier').join(', ')],
    ['a SPIFFE id and another URI', 'URI:spiffe://example.org/ns/billing/sa/notifier, URI:https://example.org/'],
    ['a SPIFFE id with a slash at the end', 'URI:spiffe://example.org/ns/billing/sa/notifier/'],
    ['a SPIFFE id in other case', 'URI:SPIFFE://example.org/ns/billing/sa/notifier'],
    ['an unknown DNS name', 'DNS:example.org'],
    ['a wildcard', 'DNS:*.example.org'],
    ['the DNS names of two callers', 'DNS:console.example.org, DNS:backup.example.org'],
    ['a known DNS name as another kind of name', 'email:console.example.org, IP Address:console.example.org'],
    ['a URI that contains the text of another name', 'URI:"https://example.org/\\u002c DNS:console.example.org"'],
    ['a DNS name that contains the text of another', 'DNS:"x\\u002c URI:spiffe://example.org/ns/billing/sa/notifier"'],
    ['a directory name that contains the text of another', 'DirName:"CN=x\\\\\\u002c DNS:console.example.org"'],
    ['a quote that does not end', 'URI:"https://example.org/, DNS:console.example.org'],
    ['text that is no list of names', 'console.example.org'],
    ['another separator', 'URI:https://example.org/,DNS:console.example.org'],
    ['text after a quoted name', 'URI:"a"b, DNS:console.example.org'],
  ])('is UNAUTHENTICATED with %s', (_, subjectAltName) => {
    const { reason, context } = failureOf(() => identify(subjectAltName))
    expect({ reason, context }).toEqual({ reason: 'UNAUTHENTICATED', context: {} })
  })
})

describe('the names of a certificate', () => {
  /** As Node writes a name: as a JSON string if it has a character that could look like another entry. */
  const written = (value: string) =>
    /[",\\'\p{Cc}]/u.test(value)
      ? JSON.stringify(value).replaceAll(',', '\\u002c').replaceAll('\u007f', '\\u007f')
      : value
  const names = fc.array(fc.record({ kind: fc.constantFrom('DNS', 'URI', 'email', 'IP Address'), value: fc.string() }))

  test('are those that Node has written, whatever they contain', () => {
    fc.assert(
      fc.property(names, (entries) => {
        const text = entries.map(({ kind, value }) => `${kind}:${written(value)}`).join(', ')
        expect(parseSubjectAltName(text)).toEqual({
          uris: entries.flatMap(({ kind, value }) => (kind === 'URI' ? [value] : [])),
          dnsNames: entries.flatMap(({ kind, value }) => (kind === 'DNS' ? [value.toLowerCase()] : [])),
        })
      }),
    )
  })

  test('are never those of a caller in text that Node cannot have written, and no other error is thrown', () => {
    const pieces = fc.constantFrom(
      'DNS:',
      'URI:',
      '"',
      '\\',
      ', ',
      ',',
      ' ',
      'a',
      '\\u002c',
      'console.example.org',
      '\u0000',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string())), (parts) => {
        const text = parts.join('')
        if (/(^|, )DNS:console\.example\.org(, |$)/i.test(text)) return
        expect(failureOf(() => identify(text)).reason).toBe('UNAUTHENTICATED')
      }),
      { numRuns: 1000 },
    )
  })
})
