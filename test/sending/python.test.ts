import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MailOptions } from '../../src/sending/mail.js'
import { type Language, languages, mailWording } from '../../src/sending/wording.js'
import { findPython, needs } from '../clients/programs.js'
import { type PythonMail, startPythonServer } from './python-server.js'
import { mailMessage } from './senders.js'

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))
const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
/** As `npm run build` leaves it. */
const program = pathToFileURL(join(projectFolder, 'dist', 'src', 'sending', 'sender.js'))

/** Sends one message in a process of its own: what Node trusts is settled when it starts. */
const script = `
  import { text } from 'node:stream/consumers'
  const { createSender } = await import(${JSON.stringify(program.href)})
  const { options, message } = JSON.parse(await text(process.stdin))
  const sender = createSender({ ...options, gateway: {}, now: Date.now })
  console.log(JSON.stringify(await sender.send(message)))
  await sender.close()`

function sendIn(environment: NodeJS.ProcessEnv, mail: MailOptions | object, language: Language): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...environment }, timeout: 60_000 }
    const child = execFile(process.execPath, ['--input-type=module', '--eval', script], options, (error, out) =>
      error ? reject(error) : resolve(JSON.parse(out)),
    )
    child.stdin?.end(JSON.stringify({ options: { mail, language }, message: mailMessage }))
  })
}

describe('a mail server in Python, over TLS and with a login', () => {
  const python = needs(() => findPython('python-mail-server', requirements))
  let server: Awaited<ReturnType<typeof startPythonServer>>
  let folder = ''
  const caFile = () => join(folder, 'ca.pem')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const started = async () => {
    server ??= await startPythonServer(python(), caFile())
    return server
  }

  /** How one mail ended, and what the server got of it. */
  async function send(
    kind: 'starttls' | 'tls',
    { password = 'right', trusted = true, language = 'en' as Language } = {},
  ) {
    const { ports, received } = await started()
    const before = received.length
    const login = { user: 'contacts', password }
    const mail = {
      server: { host: '127.0.0.1', port: ports[kind], tls: kind === 'tls', login },
      from: { name: 'Kontakte Ä', address: 'no-reply@contacts.example' },
      requireTls: true,
    }
    const delivery = await sendIn(trusted ? { NODE_EXTRA_CA_CERTS: caFile() } : {}, mail, language)
    return { delivery, got: received.slice(before) }
  }

  test.each(languages)('takes a mail in %s and finds nothing wrong with it', async (language) => {
    const { delivery, got } = await send('starttls', { language })
    expect(delivery).toEqual({ kind: 'sent' })
    expect(got).toEqual<PythonMail[]>([
      {
        from: 'no-reply@contacts.example',
        to: ['tom@example.com'],
        user: 'contacts',
        encrypted: true,
        defects: [],
        messageId: '<v-4fGq_9@contacts.example>',
        ...mailWording(mailMessage, language),
      },
    ])
  })

  test('takes one where TLS begins at once', async () => {
    const { delivery, got } = await send('tls')
    expect(delivery).toEqual({ kind: 'sent' })
    expect(got).toMatchObject([{ encrypted: true, user: 'contacts', defects: [] }])
  })

  test('gets nothing with a wrong password, and the mail is tried again', async () => {
    const { delivery, got } = await send('starttls', { password: 'wrong' })
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: 535 } })
    expect(got).toEqual([])
  })

  test.each(['starttls', 'tls'] as const)('gets nothing by %s where its authority is not trusted', async (kind) => {
    const { delivery, got } = await send(kind, { trusted: false })
    expect(delivery).toMatchObject({ kind: 'again', cause: { code: expect.stringMatching(/CERT|SIGNATURE/) } })
    expect(got).toEqual([])
  })
})
