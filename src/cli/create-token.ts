import { callersFileEntry } from '../access/token.js'
import { newApiToken } from '../app.js'
import type { TokenRequest } from './command-line.js'

/** Prints a new API token and its entry for the callers file. Gives the exit code, which is 0. */
export function createTokenCommand(caller: TokenRequest): number {
  const apiToken = newApiToken()
  const isIncomplete = caller.directories.length === 0 || caller.roles.length === 0
  process.stdout.write(`
The token, which is shown this once and stored nowhere:

${apiToken.token}

The entry under "callers:" in the callers file${isIncomplete ? '; fill in the empty lists' : ''}:

${callersFileEntry(apiToken, caller)}
`)
  return 0
}
