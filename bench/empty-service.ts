import { create, createFileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, file_google_protobuf_empty } from '@bufbuild/protobuf/wkt'
import type { Caller } from '../src/caller.js'
import type { Service } from '../src/rpc/server.js'

export const emptyPath = '/bench.v1.EmptyService/Empty'

/** Takes nothing, does nothing, says nothing: what any call costs on this server. Not in the contract, so its descriptor is made here. */
export function emptyService(): Service<Caller> {
  const type = '.google.protobuf.Empty'
  const file = create(FileDescriptorProtoSchema, {
    name: 'bench/v1/empty.proto',
    syntax: 'proto3',
    package: 'bench.v1',
    dependency: [file_google_protobuf_empty.proto.name],
    service: [{ name: 'EmptyService', method: [{ name: 'Empty', inputType: type, outputType: type }] }],
  })
  const descriptor = createFileRegistry(file, () => file_google_protobuf_empty).getService('bench.v1.EmptyService')
  if (!descriptor) throw new Error('the descriptor of the empty service is not there')
  return { descriptor, implementation: { empty: async () => ({}) } }
}
