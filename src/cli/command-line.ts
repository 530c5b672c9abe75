import { parseArgs } from 'node:util'

export interface HealthQuestion {
  /** A name of grpc.health.v1; '' is the whole process. */
  readonly service: string
  /** `host:port`. By default the address that the service of these settings has. */
  readonly address?: string | undefined
  readonly tls: boolean
}

/** What the command line asks for; or what is wrong with it. */
export type CommandLine =
  | { readonly command: 'serve' | 'check-config' | 'prepare-database' | 'help' | 'version' }
  | ({ readonly command: 'health' } & HealthQuestion)
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

Options of health:
  --service NAME      the name to ask for, such as liveness; by default that of readiness
  --address HOST:PORT the service to ask; by default the one that LISTEN names, on this machine
  --tls               connect with TLS. The certificate of the service is not checked

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
} as const

const commands = ['serve', 'check-config', 'prepare-database', 'health'] as const
const healthOptions = ['service', 'address', 'tls'] as const

/** Reads the arguments behind the name of the program. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  try {
    return toCommandLine(parseArgs({ args: [...args], options, allowPositionals: true }))
  } catch (error) {
    if (!isArgumentError(error)) throw error
    // Only the first sentence: the others explain how to write an argument that begins with a dash.
    return { problem: error.message.split('. ', 1).join('') }
  }
}

type Arguments = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>

function toCommandLine({ values, positionals: [name = 'serve', ...others] }: Arguments): CommandLine {
  if (values.help) return { command: 'help' }
  if (values.version) return { command: 'version' }
  const command = commands.find((one) => one === name)
  if (!command) return { problem: `There is no command ${name}` }
  if (others.length > 0) return { problem: `${command} takes no further argument: ${others.join(' ')}` }
  if (command === 'health') {
    const { service = '', address, tls = false } = values
    return { command, service, address, tls }
  }
  const unused = healthOptions.find((option) => values[option] !== undefined)
  return unused ? { problem: `--${unused} is an option of health only` } : { command }
}

const isArgumentError = (error: unknown): error is Error =>
  error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS_')
