import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { roles } from '../src/access/caller.js'
import { callerIdPattern } from '../src/access/callers-file.js'
import { callersFileEntry, createApiToken } from '../src/access/token.js'

/** `npm run create-token -- --id console`: makes an API token, and the entry for the callers file. */
const usage =
  'usage: npm run create-token -- --id ID [--directories rd-1,rd-2 | --directories "*"] [--roles reader,editor]'

function readArguments() {
  const options = { id: { type: 'string' }, directories: { type: 'string' }, roles: { type: 'string' } } as const
  const { id = '', directories = '', roles: named = '' } = parseArgs({ options }).values
  const list = (text: string) => text.split(',').filter((part) => part !== '')
  const unknown = list(named).filter((name) => !roles.some((role) => role === name))
  if (!callerIdPattern.test(id) || unknown.length > 0) throw new Error(usage)
  return { id, directories: list(directories), roles: roles.filter((role) => list(named).includes(role)) }
}

try {
  const caller = readArguments()
  const token = createApiToken(randomBytes(32))
  const incomplete = caller.directories.length === 0 || caller.roles.length === 0
  console.log(`
The token, which is shown this once and stored nowhere:

${token.token}

The entry under "callers:" in the callers file${incomplete ? '; fill in the empty lists' : ''}:

${callersFileEntry(token, caller)}`)
} catch {
  console.error(usage)
  process.exitCode = 2
}
