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

const environment = process.env
const isNamed = (secret: string) => Boolean(environment[secret] || environment[`${secret}_FILE`])

const database = isNamed('MONGODB_URI') ? undefined : await startDatabase()
if (database) environment['MONGODB_URI'] = database.uri
const secure = process.argv.includes('--secure') ? await prepareSecureStart(environment, keptDataFolder) : undefined
environment['AUTHENTICATION'] ||= 'header'
if (environment['AUTHENTICATION'].includes('header')) environment['DEFAULT_DIRECTORY_ID'] ||= developmentDirectory
environment['UNCONFIGURED_SENDER'] ||= 'print'
environment['LOG_LEVEL'] ||= 'debug'
// The same at every start, so that codes stay valid; known to everybody, so no secret.
if (!isNamed('VERIFICATION_SECRETS')) environment['VERIFICATION_SECRETS'] = 'known-to-everybody-for-development-only'

// Not before the database is there: a start that fails should fail soon.
const { run } = await import('../src/run.js')
const exitCode = await run(environment, {
  onReady: (address) =>
    tell(welcome({ address, database: database?.description ?? 'the one that MONGODB_URI names', secure })),
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
