import { create, createFileRegistry, setExtension } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, file_google_protobuf_empty, MethodOptionsSchema } from '@bufbuild/protobuf/wkt'
import type { BoundService } from '../src/calls/service.js'
import { AccessLevel, AuthorizationSchema, authorization } from '../src/gen/messagecontacts/v1/authorization_pb.js'

export const emptyPath = '/bench.v1.EmptyService/Empty'

/**
 * A service with an operation that does nothing: its calls cost what any call costs on this server.
 * Its descriptor is made here, because the contract does not have it.
 */
export function emptyService(): BoundService {
  const options = create(MethodOptionsSchema)
  const permission = { action: 'bench:Empty', resource: 'bench', accessLevel: AccessLevel.READ }
  setExtension(options, authorization, create(AuthorizationSchema, permission))
  const type = '.google.protobuf.Empty'
  const file = create(FileDescriptorProtoSchema, {
    name: 'bench/v1/empty.proto',
    syntax: 'proto3',
    package: 'bench.v1',
    dependency: [file_google_protobuf_empty.proto.name],
    service: [{ name: 'EmptyService', method: [{ name: 'Empty', inputType: type, outputType: type, options }] }],
  })
  const descriptor = createFileRegistry(file, () => file_google_protobuf_empty).getService('bench.v1.EmptyService')
  if (!descriptor) throw new Error('the descriptor of the empty service was not found')
  return { descriptor, operations: { empty: async () => ({}) } }
}
