import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { generatedFiles } from '../../../dev/docs/generated-files.js'
import { describeSettings } from '../../../src/config/read-settings.js'
import { errorCatalog } from '../../../src/errors/catalog.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { settingsSchema } from '../../../src/settings.js'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const files = generatedFiles()
const headings = (path: string) =>
  [...(files[path] ?? '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase())

describe('the files that npm run docs writes', () => {
  test.each(Object.entries(files))('%s is up to date (npm run docs writes it)', (path, content) => {
    expect(read(path)).toBe(content)
  })

  test('are the reference pages and the service config', () => {
    expect(Object.keys(files)).toEqual([
      'docs/api.md',
      'docs/errors.md',
      'docs/metrics.md',
      'docs/openapi.json',
      'docs/settings.md',
      'proto/service-config.json',
    ])
  })

  test.each(['docs/api.md', 'docs/errors.md', 'docs/metrics.md', 'docs/settings.md'])(
    '%s has no broken link',
    (path) => {
      const broken = [...(files[path] ?? '').matchAll(/\]\(([a-z.]*)#([^)]+)\)/g)].filter(
        ([, file = '', anchor = '']) =>
          !headings(file === '' ? path : `docs/${file}`).includes(anchor.replaceAll('-', ' ')),
      )
      expect(broken.map(([link]) => link)).toEqual([])
    },
  )

  test.each(['docs/api.md', 'docs/errors.md', 'docs/metrics.md', 'docs/settings.md'])(
    '%s has no line over 120 characters outside its tables',
    (path) => {
      const lines = files[path]?.split('\n') ?? []
      expect(lines.filter((line) => line.length > 120 && !line.startsWith('|'))).toEqual([])
    },
  )
})

describe('the reference pages', () => {
  test('the API reference has every operation', () => {
    expect(headings('docs/api.md')).toEqual(
      expect.arrayContaining(MessageContactService.methods.map(({ name }) => name.toLowerCase())),
    )
  })

  test('the errors have every reason, in the order of the catalog', () => {
    expect(headings('docs/errors.md')).toEqual([
      'errors',
      ...Object.keys(errorCatalog).map((reason) => reason.toLowerCase()),
    ])
  })

  test('the settings have every setting once', () => {
    const names = [...(files['docs/settings.md'] ?? '').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name)
    expect(names.toSorted()).toEqual(
      describeSettings(settingsSchema)
        .map(({ name }) => name)
        .toSorted(),
    )
  })
})

describe('the service config for clients', () => {
  test('retries the operations that can be repeated, and gives every operation a timeout', () => {
    const { methodConfig } = JSON.parse(files['proto/service-config.json'] ?? '') as {
      methodConfig: { name: object[]; timeout: string; retryPolicy?: object }[]
    }
    const service = MessageContactService.typeName
    const repeatable = [
      'GetMessageContact',
      'ListMessageContacts',
      'DeleteMessageContact',
      'ListMessageContactVerifications',
    ]
    expect(methodConfig).toEqual([
      {
        name: repeatable.map((method) => ({ service, method })),
        timeout: '10s',
        waitForReady: true,
        retryPolicy: {
          maxAttempts: 5,
          initialBackoff: '0.5s',
          maxBackoff: '3s',
          backoffMultiplier: 2,
          retryableStatusCodes: ['UNAVAILABLE'],
        },
      },
      { name: [{ service }], timeout: '10s', waitForReady: true },
    ])
  })
})
