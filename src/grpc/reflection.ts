import { type DescFile, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { ReflectionService } from '@grpc/reflection'

/**
 * Server reflection, v1 and v1alpha, from generated descriptors, so that no `.proto` file is needed at run time.
 * Serves `files` and all files they import. Custom options get lost: the proto files have them.
 * `sourceInfo` has the comments, which the descriptors lack: by the name of a file, a FileDescriptorProto with its source info, in base64.
 */
export function createReflection(
  files: readonly DescFile[],
  sourceInfo: Readonly<Record<string, string>>,
): ReflectionService {
  const fileDescriptorProtos = withImports(files).map(({ proto }) => {
    const comments = Buffer.from(sourceInfo[proto.name] ?? '', 'base64')
    // Two encoded messages in a row are one message with the fields of both.
    return Buffer.concat([toBinary(FileDescriptorProtoSchema, proto), comments])
  })
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
