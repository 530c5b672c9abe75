import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { EmptySchema } from '@bufbuild/protobuf/wkt'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { emptyPath } from './empty-service.js'
import { reportUsage } from './usage.js'

/** A bare grpc-js server with an empty unary call, as a process of its own: the floor under what a call can cost on this stack. */
const server = new Server()
const handle = (_: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) =>
  callback(null, create(EmptySchema))
server.register(
  emptyPath,
  handle,
  () => Buffer.from(toBinary(EmptySchema, create(EmptySchema))),
  (bytes: Buffer) => fromBinary(EmptySchema, bytes),
  'unary',
)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  reportUsage({ address: `127.0.0.1:${port}`, httpAddress: '' }, async () => server.forceShutdown())
})
