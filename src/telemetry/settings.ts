import { z } from 'zod'
import { oneOf } from '../config/values.js'

export const telemetrySettings = z.object({
  LOG_LEVEL: oneOf('debug', 'info', 'warn', 'error', 'silent').prefault('info').meta({
    description:
      'The minimum level of log lines: `debug` (a line for every call), `info`, `warn`, `error` or `silent`.',
  }),
})

export type TelemetrySettings = z.output<typeof telemetrySettings>
