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
  MAX_MESSAGE_BYTES: wholeNumber(1024, 4_194_304).prefault('65536').meta({
    description: 'The maximum size of a request in bytes, after decompression, 1024 to 4194304.',
  }),
  MAX_HEADER_BYTES: wholeNumber(4096, 65_536).prefault('32768').meta({
    description:
      'The maximum size of the headers (metadata) of a call in bytes, 4096 to 65536, counted as HTTP/2 does: each header costs 32 bytes more than its name and value. Clients learn it when they connect.',
  }),
  MAX_CONNECTIONS: wholeNumber(1, 100_000).prefault('1000').meta({
    description:
      'The maximum number of connections to this process, 1 to 100000. Further connections are closed at once.',
  }),
  MAX_STREAMS_PER_CONNECTION: wholeNumber(1, 10_000).prefault('250').meta({
    description:
      'The maximum number of simultaneous calls on one connection, 1 to 10000. Further calls wait in the client.',
  }),
  MAX_CONNECTION_MEMORY_MB: wholeNumber(1, 1024).prefault('32').meta({
    description: 'The maximum memory for the buffers of one connection, in megabytes, 1 to 1024.',
  }),
  MAX_CONNECTION_IDLE_SECONDS: wholeNumber(1, 86_400).prefault('300').meta({
    description: 'A connection that has had no call for this time is closed, in seconds, 1 to 86400.',
  }),
  MAX_CONNECTION_AGE_SECONDS: wholeNumber(1, 86_400).prefault('1800').meta({
    description:
      'The age at which a connection is asked to close, so that clients connect to new processes too, in seconds (plus or minus 10 %), 1 to 86400.',
  }),
  CONNECTION_AGE_GRACE_SECONDS: wholeNumber(1, 3600).prefault('30').meta({
    description:
      'The time that calls on a connection may still take after it was asked to close because of its age, in seconds, 1 to 3600. Then it is cut.',
  }),
  KEEPALIVE_SECONDS: wholeNumber(1, 3600).prefault('30').meta({
    description:
      'The interval of keepalive pings on a connection, in seconds, 1 to 3600. A client that does not answer within 10 seconds is disconnected.',
  }),
})

export type GrpcSettings = z.output<typeof grpcSettings>
