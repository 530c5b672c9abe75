import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MessagingSettings, messagingSettings } from '../../../src/messaging/settings.js'
import { emailContent, type Language, languages } from '../../../src/messaging/wording.js'
import { findPython, needs } from '../../support/clients/programs.js'
import { mailServerRequirements, type PythonEmail, startPythonMailServer } from '../../support/python-mail-server.js'
import { emailMessage, now } from '../../support/senders.js'

const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
/** Built by `npm run build`. */
const senderModule = pathToFileURL(join(projectFolder, 'dist', 'src', 'messaging', 'sender.js'))

/** Sends one message in a separate process, because Node reads NODE_EXTRA_CA_CERTS only when it starts. */
const script = `
  import { text } from 'node:stream/consumers'
  const { createSender } = await import(${JSON.stringify(senderModule.href)})
  const { settings, now, message } = JSON.parse(await text(process.stdin))
  const sender = createSender(settings, { now: () => now, print: console.error })
  console.log(JSON.stringify(await sender.send({ ...message, expireDate: new Date(message.expireDate) })))
  await sender.close()`

/** The result of sending with these settings. */
function sendInProcess(environment: NodeJS.ProcessEnv, settings: MessagingSettings): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...environment }, timeout: 60_000 }
    const child = execFile(process.execPath, ['--input-type=module', '--eval', script], options, (error, out) =>
      error ? reject(error) : resolve(JSON.parse(out)),
    )
    child.stdin?.end(JSON.stringify({ settings, now, message: emailMessage }))
  })
}

describe('sending an email to a mail server in Python, over TLS and with a login', () => {
  const python = needs(() => findPython('python-mail-server', mailServerRequirements))
  let server: Awaited<ReturnType<typeof startPythonMailServer>>
  let folder = ''
  const caFile = () => join(folder, 'ca.pem')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const startServer = async () => {
    server ??= await startPythonMailServer(python(), caFile())
    return server
  }

  /** Sends one email: its result, and what the server received of it. */
  async function send(
    mode: 'starttls' | 'tls',
    { password = 'right', trusted = true, language = 'en' as Language } = {},
  ) {
    const { ports, received } = await startServer()
    const before = received.length
    const login = { user: 'contacts', password }
    const settings: MessagingSettings = {
      ...messagingSettings.parse({}),
      MESSAGE_LANGUAGE: language,
      SMTP_URL: { host: '127.0.0.1', port: ports[mode], tls: mode === 'tls', login },
      SMTP_REQUIRE_TLS: true,
      MAIL_FROM: { name: 'Kontakte Ä', address: 'no-reply@contacts.example' },
    }
    const result = await sendInProcess(trusted ? { NODE_EXTRA_CA_CERTS: caFile() } : {}, settings)
    return { result, emails: received.slice(before) }
  }

  test.each(languages)('in %s succeeds without a defect', async (language) => {
    const { result, emails } = await send('starttls', { language })
    expect(result).toEqual({ kind: 'sent' })
    expect(emails).toEqual<PythonEmail[]>([
      {
        from: 'no-reply@contacts.example',
        to: ['tom@example.com'],
        user: 'contacts',
        encrypted: true,
        defects: [],
        messageId: '<v-4fGq_9@contacts.example>',
        ...emailContent(emailMessage, language, now),
      },
    ])
  })

  test('succeeds with TLS from the start of the connection', async () => {
    const { result, emails } = await send('tls')
    expect(result).toEqual({ kind: 'sent' })
    expect(emails).toMatchObject([{ encrypted: true, user: 'contacts', defects: [] }])
  })

  test('with a wrong password delivers nothing and means retry', async () => {
    const { result, emails } = await send('starttls', { password: 'wrong' })
    expect(result).toMatchObject({ kind: 'retry', cause: { code: 535 } })
    expect(emails).toEqual([])
  })

  test.each(['starttls', 'tls'] as const)('by %s with an untrusted certificate delivers nothing', async (mode) => {
    const { result, emails } = await send(mode, { trusted: false })
    expect(result).toMatchObject({ kind: 'retry', cause: { code: expect.stringMatching(/CERT|SIGNATURE/) } })
    expect(emails).toEqual([])
  })
})
