import { once } from 'node:events'
import { createServer } from 'node:net'
import { Database, keptDataFolder } from './database.js'
import { developmentDirectory, prepareSecureStart } from './secure.js'
import { welcome } from './welcome.js'

/**
 * The service for development, as `npm start` runs it: with a database and a directory of its own if none is named, codes on the terminal
 * if nothing is configured to send them, and a log line for every call. Its data stay between starts. Callers are not authenticated; with the
 * argument `--secure`, as `npm run dev:secure` runs it, they are, and the service has TLS.
 */
const tell = (line: string) => process.stderr.write(`${line}\n`)

/** How long the end of the database is waited for, in milliseconds. After that it ends by itself. */
const maxDatabaseStopMs = 5000

/** Where the explorer is, unless HTTP_LISTEN is set. */
const explorerPort = 8080

const environment = process.env
const isNamed = (secret: string) => Boolean(environment[secret] || environment[`${secret}_FILE`])

const database = isNamed('MONGODB_URI') ? undefined : await startDatabase()
if (database) environment['MONGODB_URI'] = database.uri
const secure = process.argv.includes('--secure') ? await prepareSecureStart(environment, keptDataFolder) : undefined
environment['AUTHENTICATION'] ||= 'header'
if (environment['AUTHENTICATION'].includes('header')) environment['DEFAULT_DIRECTORY_ID'] ||= developmentDirectory
environment['UNCONFIGURED_SENDER'] ||= 'print'
// It is printed, so any port will do if the usual one is in use.
environment['HTTP_LISTEN'] ||= `127.0.0.1:${(await isFree(explorerPort)) ? explorerPort : 0}`
environment['LOG_LEVEL'] ||= 'debug'
environment['ADMIN_LISTEN'] ||= '127.0.0.1:0'
// The same at every start, so that codes stay valid; known to everybody, so no secret.
if (!isNamed('VERIFICATION_SECRETS')) environment['VERIFICATION_SECRETS'] = 'known-to-everybody-for-development-only'

const isEncrypted = Boolean(environment['TLS_CERT_FILE'])

// Not before the database is there: a start that fails should fail soon.
const { run } = await import('../src/run.js')
const exitCode = await run(environment, {
  onReady: (addresses) =>
    tell(
      welcome({
        ...addresses,
        isEncrypted,
        database: database?.description ?? 'the one that MONGODB_URI names',
        secure,
      }),
    ),
})
setTimeout(() => process.exit(exitCode), maxDatabaseStopMs)
await database?.stop()
process.exit(exitCode)

async function startDatabase(): Promise<Database> {
  try {
    return await Database.start({ dataFolder: keptDataFolder, tell })
  } catch (error) {
    tell((error as Error).message)
    process.exit(1)
  }
}

/** Whether a port of this machine can be listened on. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ host: '127.0.0.1', port })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return true
  } catch {
    return false
  }
}
