import { create, createFileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, file_google_protobuf_empty } from '@bufbuild/protobuf/wkt'
import type { BoundService } from '../src/calls/service.js'

export const emptyPath = '/bench.v1.EmptyService/Empty'

/**
 * A service with an operation that does nothing: its calls cost what any call costs on this server.
 * Its descriptor is made here, because the contract does not have it.
 */
export function emptyService(): BoundService {
  const type = '.google.protobuf.Empty'
  const file = create(FileDescriptorProtoSchema, {
    name: 'bench/v1/empty.proto',
    syntax: 'proto3',
    package: 'bench.v1',
    dependency: [file_google_protobuf_empty.proto.name],
    service: [{ name: 'EmptyService', method: [{ name: 'Empty', inputType: type, outputType: type }] }],
  })
  const descriptor = createFileRegistry(file, () => file_google_protobuf_empty).getService('bench.v1.EmptyService')
  if (!descriptor) throw new Error('the descriptor of the empty service was not found')
  return { descriptor, operations: { empty: async () => ({}) } }
}
