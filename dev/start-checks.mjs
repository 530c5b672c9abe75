import { once } from 'node:events'
import { accessSync, constants, existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { changedSource } from './compile.mjs'

/** What could make `npm start` fail later, checked before anything is built or downloaded. Each check gives one sentence, or undefined. */

const projectFolder = fileURLToPath(new URL('..', import.meta.url))

/** The default of the setting LISTEN. */
export const defaultAddress = '127.0.0.1:50051'
/** How many further ports are looked at for one that is free. */
const maxPortsToTry = 20

/** @returns {string | undefined} */
export function missingPackages() {
  return existsSync(join(projectFolder, 'node_modules', '.bin', 'tsc'))
    ? undefined
    : 'The packages are not installed: run `npm ci`, then `npm start`.'
}

/**
 * An address that is not `host:port` is left to the service, which says what it must be.
 * @param {string} address the value of the setting
 * @param {string} setting
 * @returns {Promise<string | undefined>}
 */
export async function unusableAddress(address, setting = 'LISTEN') {
  const { host = '', port = '' } = /^(?<host>\[.+\]|[^:]+):(?<port>\d+)$/.exec(address)?.groups ?? {}
  if (host === '' || Number(port) > 65_535) return undefined
  const error = await listenError(host, Number(port))
  switch (error) {
    case undefined:
      return undefined
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use: stop the program that uses it, or choose another port: ${setting}=${host}:${await freePort(host, Number(port))} npm start`
    case 'EACCES':
      return `You may not serve on port ${port}: choose a port from 1024 on, for example ${setting}=${defaultAddress} npm start`
    default:
      return `${address} is no address that can be served on (${error}): choose one of this machine, for example ${setting}=${defaultAddress} npm start`
  }
}

/**
 * The next port that is free; the port after the next ones if none is.
 * @param {string} host
 * @param {number} usedPort
 */
async function freePort(host, usedPort) {
  let port = usedPort + 1
  while (port <= usedPort + maxPortsToTry && (await listenError(host, port)) !== undefined) port += 1
  return port
}

/**
 * The error code with which nothing can listen there, or undefined.
 * @param {string} host
 * @param {number} port
 * @returns {Promise<string | undefined>}
 */
async function listenError(host, port) {
  const server = createServer()
  try {
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return undefined
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code
  }
}

/**
 * @param {boolean} keepsData whether the data of the service are kept in the project's folder
 * @returns {string | undefined}
 */
export function readOnlyFolder(keepsData) {
  const written = [...(changedSource() ? ['dist', 'src/gen'] : []), ...(keepsData ? ['.data'] : [])]
  const folders = written.map((name) => join(projectFolder, name))
  const readOnly = folders.find((folder) => !isWritable(existsSync(folder) ? folder : join(folder, '..')))
  return readOnly === undefined
    ? undefined
    : `The folder ${readOnly} cannot be written to: get the right to write there, or copy the project to a folder of your own.`
}

/** @param {string} path */
function isWritable(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
