import { ConfigurationError } from './read-settings.js'

/** The exit code for wrong settings and for a wrong command line. */
export const usageExitCode = 2

/** Runs `work`, which gives an exit code. Problems with the settings are written to standard error, each on a line, and the exit code is 2. */
export async function reportingProblems(work: () => number | Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    process.stderr.write(`${error.problems.join('\n')}\n`)
    return usageExitCode
  }
}
