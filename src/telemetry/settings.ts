import { z } from 'zod'
import { oneOf } from '../config/values.js'

export const telemetrySettings = z.object({
  LOG_LEVEL: oneOf('debug', 'info', 'warn', 'error', 'silent').prefault('info').meta({
    description:
      'The minimum level of log lines: `debug` (a line for every call), `info`, `warn`, `error` or `silent`.',
  }),
  LOG_FORMAT: oneOf('json', 'pretty').optional().meta({
    description:
      '`json` (a JSON object on each line) or `pretty` (lines for people, without settings and stack frames). The default is `pretty` if the standard output is a terminal, otherwise `json`.',
  }),
})

export type TelemetrySettings = z.output<typeof telemetrySettings>
