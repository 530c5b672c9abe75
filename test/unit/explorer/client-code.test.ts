import { describe, expect, test } from 'vitest'
import { buildReference } from '../../../dev/explorer/build-reference.js'
import type { CodeCall } from '../../../explorer/src/code/code-call.js'
import { codeFor, codeLanguages } from '../../../explorer/src/code/languages.js'

const reference = buildReference()

function codeOf(languageId: string, operationName: string, differences: Partial<CodeCall> = {}): string {
  const language = codeLanguages.find(({ id }) => id === languageId)
  const operation = reference.operations.find(({ name }) => name === operationName)
  if (!language || !operation) return expect.fail('no such language or operation')
  return codeFor(language, {
    service: reference.service,
    operation,
    enums: reference.enums,
    request: operation.example,
    directory: '',
    hasToken: false,
    deadlineMs: 5000,
    grpcAddress: '127.0.0.1:50051',
    httpOrigin: 'http://127.0.0.1:8080',
    ...differences,
  })
}

describe('client code', () => {
  // Quotes of every language, escapes, line breaks, half a surrogate pair, and the ends of strings and commands.
  const name = `'"\`\\'; $(id) \${id} \n\r\u2028\u0000 \ud800 \\u0022 */`

  test.each([
    ['curl', `'\\''"\`\\\\'\\''; $(id) \${id} \\n\\r\u2028\\u0000`],
    ['grpcurl', `'\\''"\`\\\\'\\''; $(id) \${id} \\n\\r\u2028\\u0000`],
  ])('in %s keeps hostile text inside one argument', (language, quoted) => {
    expect(codeOf(language, 'GetMessageContact', { request: { contactId: name } })).toContain(
      quoted.replace('"', '\\"'),
    )
  })

  test.each([
    ['typescript', `'\\'"\`\\\\\\'; $(id) \${id} \\n\\r\\u2028\\u0000 \ufffd \\\\u0022 */'`],
    ['python', `"'\\"\`\\\\'; $(id) \${id} \\n\\r\\u2028\\u0000 \ufffd \\\\u0022 */"`],
    ['go', `"'\\"\`\\\\'; $(id) \${id} \\n\\r\\u2028\\u0000 \ufffd \\\\u0022 */"`],
    ['java', `"'\\"\`\\\\'; $(id) \${id} \\n\\r\\u2028\\u0000 \ufffd \\\\u0022 */"`],
    ['csharp', `"'\\"\`\\\\'; $(id) \${id} \\n\\r\\u2028\\u0000 \ufffd \\\\u0022 */"`],
  ])('in %s keeps hostile text inside one string', (language, quoted) => {
    expect(codeOf(language, 'GetMessageContact', { request: { contactId: name } })).toContain(quoted)
  })

  test.each(codeLanguages.map(({ id }) => id))('in %s has no line break in a header', (language) => {
    const code = codeOf(language, 'GetMessageContact', { directory: 'rd-1\r\nx-evil: 1' })
    expect(code).toContain('rd-1x-evil: 1')
  })

  test.each(['typescript', 'python', 'go', 'java', 'csharp'])('in %s leaves out values of another type', (language) => {
    const request = { pageSize: 'many', title: 'TITLE_NONE', namePrefix: ['T'], messageType: 3 }
    expect(codeOf(language, 'ListMessageContacts', { request })).not.toMatch(/many|TITLE_NONE|\['T'\]|: 3/)
  })

  test('for grpcurl has a field mask as a message', () => {
    expect(codeOf('grpcurl', 'UpdateMessageContact')).toContain('"paths": [\n      "title",\n      "message_types"')
  })
})

describe('what the explorer knows', () => {
  test('has every field of every request with its rule and whether it is required', () => {
    const fields = reference.operations.flatMap(({ request }) => request.fields)
    expect(fields.filter(({ need, description }) => need === 'output' || description === '')).toEqual([])
  })

  test('has the rule of a field that refers to another one', () => {
    const field = reference.operations[0]?.request.fields.find(({ name: fieldName }) => fieldName === 'phone_number')
    expect(field).toMatchObject({ need: 'conditional', kind: 'text', type: 'string' })
    expect(field?.description).toMatch(
      /^Required, unless the operator has made phone numbers optional\. `<country code>/,
    )
  })

  test('has an answer for every reason whose ErrorInfo has that reason', () => {
    const reasons = reference.errors.map(
      ({ exampleAnswer }) => JSON.stringify(exampleAnswer).match(/"reason":"(\w+)"/)?.[1],
    )
    expect(reasons).toEqual(reference.errors.map(({ reason }) => reason))
  })
})
