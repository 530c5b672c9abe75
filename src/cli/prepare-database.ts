import { prepareDatabase } from '../app.js'
import { ConfigurationError, type Environment, readSettings } from '../config/read-settings.js'
import { readTextFile } from '../config/read-text-file.js'
import { IndexMismatchError } from '../database/database.js'
import { databaseSettings } from '../database/settings.js'
import { createProcessLog, describeError } from '../telemetry/log.js'
import { telemetrySettings } from '../telemetry/settings.js'

const schema = databaseSettings.extend(telemetrySettings.shape)

/** Creates the missing indexes of the database. Gives 1 if that fails; the log says why. Throws ConfigurationError. */
export async function prepareDatabaseCommand(environment: Environment): Promise<number> {
  const settings = readSettings(schema, {}, environment, readTextFile)
  const log = createProcessLog(settings)
  try {
    await prepareDatabase(settings, log)
    return 0
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    const reason = error instanceof IndexMismatchError ? { problem: error.message } : { cause: describeError(error) }
    log.fatal(reason, 'cannot prepare the database')
    return 1
  }
}
