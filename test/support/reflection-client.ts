import { fromBinary } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Client, credentials } from '@grpc/grpc-js'

// Field numbers of grpc/reflection/v1/reflection.proto. We do not generate its messages because only this file needs them.
const fields = { fileByFilename: 3, fileContainingSymbol: 4, listServices: 7 } as const
const answers = { files: 4, services: 6, error: 7 } as const

/** The answer of a reflection server. */
export interface Reflected {
  readonly files: readonly FileDescriptorProto[]
  readonly services: readonly string[]
  /** The code of the error inside the answer, if there is one. */
  readonly errorCode: number | undefined
}

/** Sends one question to server reflection, on a stream of its own. */
export function reflect(
  address: string,
  version: 'v1' | 'v1alpha',
  question: keyof typeof fields,
  value = '',
): Promise<Reflected> {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  const stream = client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    (text: string) => Buffer.from(new BinaryWriter().tag(fields[question], 2).string(text).finish()),
    read,
    { deadline: Date.now() + 10_000 },
  )
  return new Promise<Reflected>((resolve, reject) => {
    stream.on('data', resolve)
    stream.on('error', reject)
    stream.on('end', () => reject(new Error('reflection gave no answer')))
    stream.write(value)
    stream.end()
  }).finally(() => client.close())
}

function read(bytes: Buffer): Reflected {
  const answer = entries(bytes)
  const inside = (field: number) => answer.flatMap(([number, value]) => (number === field ? entries(value) : []))
  const error = inside(answers.error).find(([number]) => number === 1)
  return {
    files: inside(answers.files).map(([, file]) => fromBinary(FileDescriptorProtoSchema, Buffer.from(file))),
    services: inside(answers.services).map(([, service]) => Buffer.from(entries(service)[0]?.[1] ?? []).toString()),
    errorCode: error && new BinaryReader(error[1]).int32(),
  }
}

/** The fields of a message: the content of length-delimited fields, the encoding of others. */
function entries(bytes: Uint8Array): (readonly [field: number, value: Uint8Array])[] {
  const reader = new BinaryReader(bytes)
  const found: (readonly [number, Uint8Array])[] = []
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    found.push([field, wireType === 2 ? reader.bytes() : reader.skip(wireType, field)])
  }
  return found
}
