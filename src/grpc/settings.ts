import { z } from 'zod'
import { hostAndPort, wholeNumber } from '../config/values.js'

export const grpcSettings = z.object({
  LISTEN: hostAndPort.prefault('127.0.0.1:50051').meta({
    description:
      'The address to serve on, as `host:port`. Port 0 stands for any free port, host `0.0.0.0` for every IPv4 address of the machine.',
  }),
  REFLECTION: z
    .enum(['open', 'authenticated', 'off'], 'must be open, authenticated or off')
    .prefault('authenticated')
    .meta({
      description:
        'Who may read the contract by server reflection: `open` everyone, `authenticated` every caller that is known, `off` nobody.',
    }),
  MAX_CONNECTION_MEMORY_MB: wholeNumber(1, 1024).prefault('32').meta({
    description: 'The maximum memory for the buffers of one connection, in megabytes, 1 to 1024.',
  }),
  KEEPALIVE_SECONDS: wholeNumber(1, 3600).prefault('30').meta({
    description:
      'The interval of keepalive pings on a connection, in seconds, 1 to 3600. A client that does not answer within 10 seconds is disconnected.',
  }),
})

export type GrpcSettings = z.output<typeof grpcSettings>
