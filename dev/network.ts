import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How long a server may take to accept a connection, in milliseconds. */
const maxConnectMs = 3000

const connectProgram = `
  const [, host, port] = process.argv
  const socket = require('node:net').connect({ host, port: Number(port) })
  socket.on('connect', () => process.exit())
  socket.on('error', ({ code }) => { console.error(code); process.exit(1) })
`

/**
 * Why the server of a URL, or the proxy before it, accepts no connection; undefined if it accepts one. In a process of its own: Node
 * cannot end while a name server does not answer.
 */
export async function connectionProblem(url: string, proxy: string | undefined): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(proxy || url)
  const defaultPort = protocol === 'http:' ? '80' : '443'
  const host = hostname.replace(/^\[|\]$/g, '')
  try {
    await run(process.execPath, ['--eval', connectProgram, host, port || defaultPort], {
      timeout: maxConnectMs,
      killSignal: 'SIGKILL',
    })
    return undefined
  } catch (error) {
    const { killed, stderr } = error as { killed: boolean; stderr: string }
    return `${host} cannot be reached (${killed ? `no answer within ${maxConnectMs / 1000} s` : stderr.trim()})`
  }
}

/** The value of the first of these variables that is set, also in capital letters. */
const fromEnvironment = (...names: readonly string[]): string | undefined =>
  names.map((name) => process.env[name] || process.env[name.toUpperCase()]).find(Boolean)

export const downloadServer = (): string => process.env['MONGOMS_DOWNLOAD_MIRROR'] || 'https://fastdl.mongodb.org'

/** The proxy that the download of MongoDB uses. */
export const downloadProxy = (): string | undefined =>
  fromEnvironment('npm_config_https-proxy', 'npm_config_proxy', 'https_proxy', 'http_proxy')

const pipConfigFiles = [
  join(homedir(), '.config', 'pip', 'pip.conf'),
  join(homedir(), '.pip', 'pip.conf'),
  join(homedir(), 'Library', 'Application Support', 'pip', 'pip.conf'),
  '/etc/pip.conf',
]

/** The package index that pip uses, and its proxy. */
export function pipServers(): { readonly index: string; readonly proxy: string | undefined } {
  const config = [process.env['PIP_CONFIG_FILE'] ?? '', ...pipConfigFiles].map(readOrEmpty).join('\n')
  const configured = (name: string) => new RegExp(`^\\s*${name}\\s*[=:]\\s*(\\S+)`, 'm').exec(config)?.[1]
  return {
    index: process.env['PIP_INDEX_URL'] || configured('index-url') || 'https://pypi.org/simple/',
    proxy: process.env['PIP_PROXY'] || configured('proxy') || fromEnvironment('https_proxy', 'all_proxy'),
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
