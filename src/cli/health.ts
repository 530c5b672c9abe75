import { ConfigurationError, type Environment, readSettings } from '../config/read-settings.js'
import { readTextFile } from '../config/read-text-file.js'
import { hostAndPort } from '../config/values.js'
import { askForHealth } from '../grpc/health-question.js'
import { grpcSettings } from '../grpc/settings.js'
import { networkSettings } from '../network/settings.js'
import type { HealthQuestion } from './command-line.js'

/** Within what probes wait for, in milliseconds. */
const timeoutMs = 3000

/** Prints the health of a running service. Gives 0 if it is SERVING, otherwise 1. Throws ConfigurationError. */
export async function healthCommand(
  environment: Environment,
  { address, ...question }: HealthQuestion,
): Promise<number> {
  const target = address === undefined ? ownTarget(environment, question.tls) : { address: checked(address) }
  const answer = await askForHealth({ timeoutMs, ...question, ...target })
  process.stdout.write(`${answer}\n`)
  return answer === 'SERVING' ? 0 : 1
}

/** The address, if it has the form that LISTEN has too. */
function checked(address: string): string {
  const problems = hostAndPort.safeParse(address).error?.issues ?? []
  if (problems.length > 0) throw new ConfigurationError(problems.map(({ message }) => `--address ${message}`))
  return address
}

/** Where a service with these settings can be reached from its own machine, and whether with TLS. */
function ownTarget(environment: Environment, tls: boolean) {
  const { LISTEN, TLS_CERT_FILE } = readSettings(
    grpcSettings.extend(networkSettings.shape),
    {},
    environment,
    readTextFile,
  )
  if (LISTEN.port === 0) throw new ConfigurationError(['LISTEN has port 0, which is any free port: use --address'])
  const host = LISTEN.host.replace(/^0\.0\.0\.0$/, '127.0.0.1').replace(/^::$/, '::1')
  const address = host.includes(':') ? `[${host}]:${LISTEN.port}` : `${host}:${LISTEN.port}`
  return { address, tls: tls || TLS_CERT_FILE !== undefined }
}
