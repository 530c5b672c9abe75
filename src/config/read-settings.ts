import { z } from 'zod'

/** All problems with the settings at once. Each names its variable and never contains its value. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Gives the text of a file. Throws if it cannot be read. */
export type ReadFile = (path: string) => string

/** Old names of settings and the new ones. */
export type RenamedSettings = Readonly<Record<string, string>>

/** A setting as the documentation shows it. */
export interface SettingDescription {
  readonly name: string
  readonly description: string
  /** As it would stand in the environment. A setting that has none and is not required may be absent. */
  readonly default?: string
  readonly required: boolean
  /** Never logged, and may come from a file that `<name>_FILE` names. */
  readonly secret: boolean
}

/**
 * Reads settings from the environment; an empty variable counts as unset. A secret may come from a file that `<name>_FILE` names;
 * one line break at its end does not belong to it. Throws ConfigurationError.
 */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  renamed: RenamedSettings,
  environment: Environment,
  readFile: ReadFile,
): z.output<Schema> {
  const problems = Object.entries(renamed)
    .filter(([oldName]) => environment[oldName])
    .map(([oldName, newName]) => `${oldName} is now called ${newName}`)
  const input: Record<string, string> = {}
  const descriptions = describeSettings(schema)
  for (const { name, secret } of descriptions) {
    const { value, problem } = secret ? secretValue(name, environment, readFile) : { value: environment[name] }
    if (problem) problems.push(`${name}_FILE ${problem}`)
    else if (value) input[name] = value
  }
  const result = schema.safeParse(input)
  for (const { path, message } of result.error?.issues ?? []) {
    const setting = descriptions.find(({ name }) => name === path[0])
    const isMissing = setting?.required && input[setting.name] === undefined
    const isReported = problems.some((problem) => problem.startsWith(`${setting?.name}_FILE `))
    if (isMissing && !isReported) problems.push(`${setting.name} is required. ${setting.description}`)
    else if (!isReported) problems.push(`${String(path[0])} ${message}`)
  }
  if (problems.length > 0 || !result.success) throw new ConfigurationError(problems)
  return result.data
}

interface SecretValue {
  readonly value?: string | undefined
  /** What is wrong with the file. */
  readonly problem?: string
}

function secretValue(name: string, environment: Environment, readFile: ReadFile): SecretValue {
  const [value, path] = [environment[name], environment[`${name}_FILE`]]
  if (!path) return { value }
  if (value) return { problem: `must not be set together with ${name}` }
  try {
    const content = readFile(path).replace(/\r?\n$/, '')
    return content === '' ? { problem: 'must name a file that is not empty' } : { value: content }
  } catch {
    return { problem: 'must name a file that can be read' }
  }
}

/** Every setting of a schema, in its order. */
export function describeSettings(schema: z.ZodObject): readonly SettingDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description = '', secret = false } = z.globalRegistry.get(field as z.ZodType) ?? {}
    const defaultValue = field instanceof z.ZodPrefault ? { default: String(field.def.defaultValue) } : {}
    const required = !(field instanceof z.ZodPrefault || field instanceof z.ZodOptional)
    return { name, description, ...defaultValue, required, secret: secret === true }
  })
}

/** The settings for the log, with secrets masked. */
export function printableSettings<Schema extends z.ZodObject>(
  schema: Schema,
  settings: z.output<Schema>,
): Record<string, unknown> {
  const values: Readonly<Record<string, unknown>> = settings
  return Object.fromEntries(
    describeSettings(schema).map(({ name, secret }) => {
      const value = values[name]
      return [name, secret && value !== undefined ? '***' : value]
    }),
  )
}
