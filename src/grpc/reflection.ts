import { type DescFile, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { ReflectionService } from '@grpc/reflection'

/**
 * Server reflection, v1 and v1alpha, from generated descriptors, so that no `.proto` file is needed at run time.
 * Serves `files` and all files they import. Custom options get lost, so the contract has none.
 */
export function createReflection(files: readonly DescFile[]): ReflectionService {
  const fileDescriptorProtos = withImports(files).map(({ proto }) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, proto)),
  )
  // This field is the only one that it reads of a package definition.
  return new ReflectionService({ all: { fileDescriptorProtos } } as never)
}

/** Each file once, after the files that it imports. */
function withImports(files: readonly DescFile[]): DescFile[] {
  const ordered = new Map<string, DescFile>()
  const add = (file: DescFile) => {
    if (ordered.has(file.proto.name)) return
    file.dependencies.forEach(add)
    ordered.set(file.proto.name, file)
  }
  files.forEach(add)
  return [...ordered.values()]
}
