import { type DescFile, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { ReflectionService } from '@grpc/reflection'

/**
 * Server reflection, v1 and v1alpha, from generated descriptors: no `.proto` file is needed where the service runs.
 * `files` are served with all they depend on. Custom options are lost on the way, so the contract has none.
 */
export function createReflection(files: readonly DescFile[]): ReflectionService {
  const fileDescriptorProtos = withDependencies(files).map(({ proto }) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, proto)),
  )
  // Of a whole package definition it reads this field alone.
  return new ReflectionService({ all: { fileDescriptorProtos } } as never)
}

/** Each file once, after the files it depends on. */
function withDependencies(files: readonly DescFile[]): DescFile[] {
  const ordered = new Map<string, DescFile>()
  const add = (file: DescFile) => {
    if (ordered.has(file.proto.name)) return
    file.dependencies.forEach(add)
    ordered.set(file.proto.name, file)
  }
  files.forEach(add)
  return [...ordered.values()]
}
