import type { Environment } from '../config/read-settings.js'
import { reportingProblems, usageExitCode } from '../config/report-problems.js'
import { version } from '../version.js'
import { help, parseCommandLine } from './command-line.js'

/**
 * Runs the command that the arguments name, and gives the exit code, as `help` lists them. Each command loads only what it needs:
 * probes run `health` every few seconds.
 */
export async function runCommand(args: readonly string[], environment: Environment): Promise<number> {
  const commandLine = parseCommandLine(args)
  if ('problem' in commandLine) {
    process.stderr.write(`${commandLine.problem}.\n\n${help}`)
    return usageExitCode
  }
  switch (commandLine.command) {
    case 'help':
      process.stdout.write(help)
      return 0
    case 'version':
      process.stdout.write(`${version}\n`)
      return 0
    case 'serve': {
      const { run } = await import('../run.js')
      return run(environment)
    }
    case 'check-config': {
      const { checkConfigCommand } = await import('./check-config.js')
      return reportingProblems(() => checkConfigCommand(environment))
    }
    case 'prepare-database': {
      const { prepareDatabaseCommand } = await import('./prepare-database.js')
      return reportingProblems(() => prepareDatabaseCommand(environment))
    }
    case 'health': {
      const { healthCommand } = await import('./health.js')
      return reportingProblems(() => healthCommand(environment, commandLine))
    }
    case 'create-token': {
      const { createTokenCommand } = await import('./create-token.js')
      return createTokenCommand(commandLine)
    }
  }
}
