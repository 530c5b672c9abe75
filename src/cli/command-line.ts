import { parseArgs } from 'node:util'
import { callerIdPattern, directoryIdPattern, type Identity, roles } from '../access/caller.js'

export interface HealthQuestion {
  /** A name of grpc.health.v1; '' is the whole process. */
  readonly service: string
  /** `host:port`. By default the address that the service of these settings has. */
  readonly address?: string | undefined
  readonly tls: boolean
}

/** The caller that a new API token is for. Directories and roles may be empty, to be filled in later. */
export type TokenRequest = Pick<Identity, 'id' | 'directories' | 'roles'>

/** What the command line asks for; or what is wrong with it. */
export type CommandLine =
  | { readonly command: 'serve' | 'check-config' | 'prepare-database' | 'help' | 'version' }
  | ({ readonly command: 'health' } & HealthQuestion)
  | ({ readonly command: 'create-token' } & TokenRequest)
  | { readonly problem: string }

export const help = `Usage: message-contacts [COMMAND] [OPTIONS]

Keeps, for every resource directory, the people to notify. Settings come from the environment.

Commands:
  serve               serve until a signal ends it; the default
  check-config        check the settings, and print them with secrets as ***
  prepare-database    create the indexes that are missing, and end; for a job before a rollout.
                      Needs the settings of the database only
  health              ask a running service for its health, and print the answer; for probes.
                      Takes at most 3 seconds
  create-token        make an API token, and print it with its entry for the callers file

Options of health:
  --service NAME      the name to ask for, such as liveness; by default that of readiness
  --address HOST:PORT the service to ask; by default the one that LISTEN names, on this machine
  --tls               connect with TLS; by default if LISTEN names the service and TLS_CERT_FILE is set. The certificate of
                      the service is not checked

Options of create-token:
  --id ID             the id of the caller; required
  --directories LIST  its directories, with commas between, or '*' for all
  --roles LIST        its roles, with commas between: ${roles.join(', ')}

Options:
  -h, --help          print this text
  -v, --version       print the version

Exit codes:
  0  a stop in order, or what was asked for is so
  1  an error while serving or while preparing the database; not healthy
  2  wrong settings or a wrong command line, described on standard error
`

const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  service: { type: 'string' },
  address: { type: 'string' },
  tls: { type: 'boolean' },
  id: { type: 'string' },
  directories: { type: 'string' },
  roles: { type: 'string' },
} as const

type Options = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

/** The options that each command takes. */
const commandOptions = {
  serve: [],
  'check-config': [],
  'prepare-database': [],
  health: ['service', 'address', 'tls'],
  'create-token': ['id', 'directories', 'roles'],
} as const satisfies Readonly<Record<string, readonly (keyof Options)[]>>

const isCommand = (name: string): name is keyof typeof commandOptions => Object.hasOwn(commandOptions, name)

/** Reads the arguments behind the name of the program. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    return toCommandLine(values, positionals)
  } catch (error) {
    if (!isArgumentError(error)) throw error
    // Only the first sentence: the others explain how to write an argument that begins with a dash.
    return { problem: error.message.split('. ', 1).join('') }
  }
}

function toCommandLine(values: Options, [command = 'serve', ...others]: readonly string[]): CommandLine {
  if (values.help) return { command: 'help' }
  if (values.version) return { command: 'version' }
  if (!isCommand(command)) return { problem: `There is no command ${command}` }
  if (others.length > 0) return { problem: `${command} takes no further argument: ${others.join(' ')}` }
  const allowed: readonly string[] = commandOptions[command]
  const wrong = Object.keys(values).find((name) => !allowed.includes(name))
  if (wrong) return { problem: `${command} has no option --${wrong}` }
  switch (command) {
    case 'health':
      return { command, service: values.service ?? '', address: values.address, tls: values.tls ?? false }
    case 'create-token':
      return toTokenRequest(values)
    default:
      return { command }
  }
}

function toTokenRequest({ id = '', ...lists }: Options): CommandLine {
  const directories = lists.directories === '*' ? '*' : listOf(lists.directories)
  const named = listOf(lists.roles)
  if (!callerIdPattern.test(id)) return { problem: 'create-token needs --id with the id of a caller' }
  if (directories !== '*' && !directories.every((name) => directoryIdPattern.test(name)))
    return { problem: '--directories must be ids of directories, or * alone' }
  if (!named.every((name) => roles.some((role) => role === name)))
    return { problem: `--roles must be some of ${roles.join(', ')}` }
  return { command: 'create-token', id, directories, roles: roles.filter((role) => named.includes(role)) }
}

const listOf = (text = ''): readonly string[] => text.split(',').filter((part) => part !== '')

const isArgumentError = (error: unknown): error is Error =>
  error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS_')
