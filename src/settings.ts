import type { z } from 'zod'
import { type Setting, settingsTable } from './settings-table.js'

type Table = typeof settingsTable

/** The settings by their names, parsed. Only those with neither default nor need can be undefined. */
export type Settings = {
  readonly [Name in keyof Table]:
    | z.output<Table[Name]['parse']>
    | (Table[Name] extends { readonly optional: true } ? undefined : never)
}

/** Every complaint about the settings at once, each naming its variable and never its value. */
export class WrongSettings extends Error {
  override readonly name = 'WrongSettings'
  readonly complaints: readonly string[]

  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'))
    this.complaints = complaints
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** The text of a file. Throws where it cannot be read. */
export type ReadFile = (path: string) => string

/**
 * Reads the settings from an environment; an empty variable counts as unset. A secret may stand in a file instead: `NAME_FILE` names it, and
 * a line break at its end is none of the secret's. Where no `readFile` is given, no file can be read. Throws WrongSettings.
 */
export function readSettings(environment: Environment, readFile: ReadFile = noFiles): Settings {
  const complaints: string[] = []
  const settings: Record<string, unknown> = {}
  for (const [name, line] of lines) {
    const { value = line.default, complaint } = line.secret
      ? secretOf(name, environment, readFile)
      : { value: environment[name] || undefined }
    if (complaint !== undefined) complaints.push(`${name}_FILE ${complaint}`)
    else if (value !== undefined) {
      const parsed = line.parse.safeParse(value)
      if (parsed.success) settings[name] = parsed.data
      else complaints.push(`${name} ${parsed.error.issues[0]?.message}`)
    } else if (!line.optional) complaints.push(`${name} is required. ${line.meaning}`)
  }
  if (complaints.length > 0) throw new WrongSettings(complaints)
  return settings as Settings
}

const lines = Object.entries<Setting>(settingsTable)

function noFiles(): never {
  throw new Error('no files')
}

interface Found {
  readonly value?: string | undefined
  /** What is wrong about the file. */
  readonly complaint?: string
}

function secretOf(name: string, environment: Environment, readFile: ReadFile): Found {
  const [value, path] = [environment[name] || undefined, environment[`${name}_FILE`]]
  if (!path) return { value }
  if (value !== undefined) return { complaint: `must not be set beside ${name}` }
  try {
    const content = readFile(path).replace(/\r?\n$/, '')
    return content === '' ? { complaint: 'must name a file that is not empty' } : { value: content }
  } catch {
    return { complaint: 'must name a file that can be read' }
  }
}

/** For the log: every setting, the secret ones masked where they are set. */
export function printableSettings(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(
    lines.map(([name, { secret }]) => {
      const value = settings[name as keyof Settings]
      return [name, secret && value !== undefined ? '***' : value]
    }),
  )
}
