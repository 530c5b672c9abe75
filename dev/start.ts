import { Database, keptDataFolder } from './database.js'

/**
 * The service for development: with a database and a directory of its own where none is named, and codes on the terminal where nothing is set up
 * to send them. Its data stay between starts.
 */
const tell = (line: string) => process.stderr.write(`${line}\n`)

const environment = process.env
const isNamed = (secret: string) => Boolean(environment[secret] || environment[`${secret}_FILE`])
if (isNamed('MONGODB_URI')) tell('Database: the one that MONGODB_URI names.')
else {
  const database = await Database.start({ dataFolder: keptDataFolder, tell }).catch((error: Error) => {
    tell(error.message)
    process.exit(1)
  })
  environment['MONGODB_URI'] = database.uri
  tell(`Database: ${database.description}`)
}
environment['DEFAULT_DIRECTORY_ID'] ||= 'development'
environment['UNCONFIGURED_SENDER'] ||= 'print'
// The same at every start, so that codes stay valid; known to everybody, so no secret.
if (!isNamed('VERIFICATION_SECRETS')) environment['VERIFICATION_SECRETS'] = 'known-to-everybody-for-development-only'
await import('../src/main.js')
