import { z } from 'zod'
import { hostAndPort, oneOf } from '../config/values.js'

export const telemetrySettings = z.object({
  LOG_LEVEL: oneOf('debug', 'info', 'warn', 'error', 'silent').prefault('info').meta({
    description:
      'The minimum level of log lines: `debug` (a line for every call), `info`, `warn`, `error` or `silent`.',
  }),
  LOG_FORMAT: oneOf('json', 'pretty').optional().meta({
    description:
      '`json` (a JSON object on each line) or `pretty` (lines for people, without settings and stack frames). The default is `pretty` if the standard output is a terminal, otherwise `json`.',
  }),
  ADMIN_LISTEN: hostAndPort.optional().meta({
    description:
      'The address of the admin listener, as `host:port`: HTTP with `/metrics` for Prometheus, `/livez`, `/readyz` and `/version`. It authenticates nobody, so it belongs on an address that only operators reach. If unset, there is none, and nothing is counted.',
  }),
})

export type TelemetrySettings = z.output<typeof telemetrySettings>
