import {
  ConfigurationError,
  describeSettings,
  type Environment,
  readSettings as readModuleSettings,
  type SettingDescription,
} from '../config/read-settings.js'
import { readTextFile } from '../config/read-text-file.js'
import { checkDatabaseAddress } from '../database/database.js'
import { databaseSettings } from '../database/settings.js'
import { readSettings, settingsSchema } from '../settings.js'
import { areTracesOn } from '../telemetry/tracing-environment.js'

/**
 * Checks the settings as a start does, without connecting to anything. Prints those that have a value as lines of a file for
 * `node --env-file`, with secrets as `***`. Throws ConfigurationError with every problem at once.
 */
export function checkConfigCommand(environment: Environment): number {
  const problems = [
    ...problemsOf(() => readSettings(environment, readTextFile)),
    ...problemsOf(() => areTracesOn(environment)),
    // Without the other settings, so that a problem among them hides none of the address.
    ...problemsOf(() => checkDatabaseAddress(readModuleSettings(databaseSettings, {}, environment, readTextFile))),
  ]
  if (problems.length > 0) throw new ConfigurationError([...new Set(problems)])
  const lines = describeSettings(settingsSchema).flatMap((setting) => settingLine(setting, environment))
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

function problemsOf(check: () => unknown): readonly string[] {
  try {
    check()
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

/** Empty for a setting that has no value. */
function settingLine({ name, secret, ...setting }: SettingDescription, environment: Environment): readonly string[] {
  const given = environment[name]
  if (secret && (given || environment[`${name}_FILE`])) return [`${name}=***`]
  if (given) return [`${name}=${quoted(given)}`]
  return setting.default === undefined ? [] : [`${name}=${quoted(setting.default)} # default`]
}

/** In the quotes that `node --env-file` needs around a value. */
function quoted(value: string): string {
  if (/^[\w.:/@*+,{}[\]-]+$/.test(value)) return value
  return value.includes("'") ? `"${value}"` : `'${value}'`
}
