import { createHash } from 'node:crypto'
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
  /** Should have the same value in all processes of one database. */
  readonly shared: boolean
}

/**
 * Reads settings from the environment; an empty variable counts as unset. A secret may come from a file that `<name>_FILE` names;
 * one line break at its end does not belong to it. It may not contain an invisible character. Throws ConfigurationError.
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
  /** Settings whose problem is reported already. */
  const reported = new Set<string>()
  const descriptions = describeSettings(schema)
  for (const { name, secret } of descriptions) {
    const { value, problem } = secret ? secretValue(name, environment, readFile) : { value: environment[name] }
    if (problem) {
      problems.push(problem)
      reported.add(name)
    } else if (value) input[name] = value
  }
  const result = schema.safeParse(input)
  for (const { path, message } of result.error?.issues ?? []) {
    const setting = descriptions.find(({ name }) => name === path[0])
    if (reported.has(String(path[0]))) continue
    const isMissing = setting?.required && input[setting.name] === undefined
    problems.push(isMissing ? `${setting.name} is required. ${setting.description}` : `${String(path[0])} ${message}`)
  }
  if (problems.length > 0 || !result.success) throw new ConfigurationError(problems)
  return result.data
}

interface SecretValue {
  readonly value?: string | undefined
  /** What is wrong with the value or its file. */
  readonly problem?: string
}

/**
 * Control and format characters (among them NUL and the byte order mark), white space other than plain, what programs need not show (such as
 * variation selectors and fillers), the empty Braille pattern, and what is not UTF-8.
 */
const invisible = /(?![\t\n\r ])[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFFD]/u

/** The first invisible character as `U+FEFF`. */
function invisibleCharacter(value: string): string | undefined {
  const codePoint = invisible.exec(value)?.[0].codePointAt(0)
  return codePoint === undefined ? undefined : `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}

function secretValue(name: string, environment: Environment, readFile: ReadFile): SecretValue {
  const [value = '', path] = [environment[name], environment[`${name}_FILE`]]
  if (!path) {
    const character = invisibleCharacter(value)
    return character ? { problem: `${name} must not contain the invisible character ${character}` } : { value }
  }
  if (value) return { problem: `${name}_FILE must not be set together with ${name}` }
  const { content, problem } = contentOf(path, readFile)
  return problem ? { problem: `${name}_FILE must name a file ${problem}` } : { value: content }
}

function contentOf(path: string, readFile: ReadFile): { readonly content: string; readonly problem?: string } {
  try {
    const content = readFile(path).replace(/\r?\n$/, '')
    if (content === '') return { content, problem: 'that is not empty' }
    const character = invisibleCharacter(content)
    return character ? { content, problem: `without the invisible character ${character}` } : { content }
  } catch {
    return { content: '', problem: 'that can be read' }
  }
}

/** Every setting of a schema, in its order. */
export function describeSettings(schema: z.ZodObject): readonly SettingDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description = '', secret = false, shared = false } = z.globalRegistry.get(field as z.ZodType) ?? {}
    const defaultValue = field instanceof z.ZodPrefault ? { default: String(field.def.defaultValue) } : {}
    const required = !(field instanceof z.ZodPrefault || field instanceof z.ZodOptional)
    return { name, description, ...defaultValue, required, secret: secret === true, shared: shared === true }
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

/** A fingerprint of each setting that all processes should share: it tells whether two values are equal, and nothing else. */
export function sharedSettings<Schema extends z.ZodObject>(
  schema: Schema,
  settings: z.output<Schema>,
): Record<string, string> {
  const values: Readonly<Record<string, unknown>> = settings
  const shared = describeSettings(schema).filter((setting) => setting.shared)
  return Object.fromEntries(shared.map(({ name }) => [name, fingerprint(JSON.stringify(values[name] ?? null))]))
}

const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)
