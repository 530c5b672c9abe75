import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { withTables } from '../../dev/readme-tables.js'
import { serviceConfigFile, serviceConfigJson } from '../../dev/service-config.js'
import { meanings } from '../../src/failure.js'
import { ErrorReason } from '../../src/gen/messagecontacts/v1/error_reason_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { readSettings } from '../../src/settings.js'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Documented {
  readonly code: string
  readonly httpStatus: number
  readonly status: string
  readonly details: readonly string[]
}

/** What the comment above each value of the proto's enum says, by reason. */
function reasonsOfTheProto(): Record<string, Documented> {
  const value =
    /\/\/ Code (\S+), HTTP (\d+), ([A-Z_]+), with (no further details|[A-Za-z, ]+)\. Example: .+\n +ERROR_REASON_(\w+) = \d+;/g
  const documented = [...read('proto/messagecontacts/v1/error_reason.proto').matchAll(value)].map(
    ([, code = '', httpStatus, status = '', details = '', reason = '']) => [
      reason,
      { code, httpStatus: Number(httpStatus), status, details: details.startsWith('no ') ? [] : details.split(', ') },
    ],
  )
  return Object.fromEntries(documented)
}

describe('reasons', () => {
  test("the proto's comments and the code's table say the same of every reason, both ways", () => {
    const coded = Object.entries(meanings).map(([reason, { code, httpStatus, status, details }]) => [
      reason,
      { code, httpStatus, status, details },
    ])
    expect(reasonsOfTheProto()).toEqual(Object.fromEntries(coded))
  })

  test("every value of the enum has a line in the code's table, in the same order", () => {
    const values = Object.values(ErrorReason).filter((value) => typeof value === 'string' && value !== 'UNSPECIFIED')
    expect(Object.keys(meanings)).toEqual(values)
  })

  test('a reason is its code in upper case, word by word', () => {
    for (const [reason, { code }] of Object.entries(meanings))
      expect(
        code
          .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
          .replaceAll('.', '_')
          .toUpperCase(),
      ).toBe(reason)
  })

  test('a reason tells when to repeat if and only if it has RetryInfo', () => {
    for (const meaning of Object.values(meanings))
      expect(meaning.retryAfterMs !== undefined).toBe(meaning.details.includes('RetryInfo'))
  })
})

describe('README.md', () => {
  test('has the tables of reasons and settings as the code has them (npm run tables writes them)', () => {
    const readme = read('README.md')
    expect(readme).toBe(withTables(readme))
  })

  test('names every operation of the service', () => {
    for (const { name } of MessageContactService.methods) expect(read('README.md')).toContain(name)
  })

  test('shows settings to send codes that the service takes', () => {
    const [, section = ''] = read('README.md').split('\n## Sending codes\n')
    const shown = [
      ...section
        .split('\n## ', 1)
        .join()
        .matchAll(/^([A-Z_]+)='?(.+?)'?$/gm),
    ].map(([, name = '', value = '']) => [name, value] as const)
    const settings = readSettings({ MONGODB_URI: 'mongodb://a', ...Object.fromEntries(shown) }, () => 'a'.repeat(64))
    expect(shown.length).toBe(7)
    for (const [name] of shown) expect(settings).toHaveProperty(name.replace(/_FILE$/, ''))
  })

  test('names every script of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const called = (name: string) => (['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`)
    for (const name of Object.keys(scripts).filter((name) => name !== 'prepare'))
      expect(read('README.md')).toContain(called(name))
  })
})

describe('the service config for clients', () => {
  test('is what the contract says (npm run tables writes it)', () => {
    expect(read(serviceConfigFile)).toBe(serviceConfigJson)
  })

  test('repeats what may be repeated, and gives every method a time-out', () => {
    const { methodConfig } = JSON.parse(serviceConfigJson) as { methodConfig: { name: object[]; timeout: string }[] }
    const service = MessageContactService.typeName
    expect(methodConfig.map(({ name, timeout }) => ({ name, timeout }))).toEqual([
      {
        name: [
          'GetMessageContact',
          'ListMessageContacts',
          'DeleteMessageContact',
          'ListMessageContactVerifications',
        ].map((method) => ({
          service,
          method,
        })),
        timeout: '10s',
      },
      { name: [{ service }], timeout: '10s' },
    ])
  })
})
