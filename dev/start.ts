import { Database, keptDataFolder } from './database.js'

/** The service for development: with a database and a directory of its own where none is named. Its data stay between starts. */
const tell = (line: string) => process.stderr.write(`${line}\n`)

const environment = process.env
if (environment['MONGODB_URI']) tell('Database: the one that MONGODB_URI names.')
else {
  const database = await Database.start({ dataFolder: keptDataFolder, tell }).catch((error: Error) => {
    tell(error.message)
    process.exit(1)
  })
  environment['MONGODB_URI'] = database.uri
  tell(`Database: ${database.description}`)
}
environment['DEFAULT_DIRECTORY_ID'] ||= 'development'
await import('../src/main.js')
