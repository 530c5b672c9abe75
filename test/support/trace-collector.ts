import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { afterAll } from 'vitest'

// A collector of traces: OTLP over HTTP, with requests read by the field numbers of opentelemetry/proto/trace/v1/trace.proto.

export type Attributes = Readonly<Record<string, string | number | boolean>>

/** A span and its trace. */
interface SpanIds {
  readonly traceId: string
  readonly spanId: string
}

/** A span as it was received. */
export interface ReceivedSpan extends SpanIds {
  readonly name: string
  readonly kind: string
  /** Empty for the root of a trace. */
  readonly parentSpanId: string
  readonly traceState: string
  /** In nanoseconds since the epoch. */
  readonly startTime: bigint
  readonly endTime: bigint
  readonly attributes: Attributes
  readonly links: readonly SpanIds[]
  readonly isError: boolean
  /** Of the process. */
  readonly resource: Attributes
}

export interface TraceCollector {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  /** Everything that was received, as it was sent. */
  readonly bodies: readonly Buffer[]
  /** The path and the headers of each request. */
  readonly requests: readonly { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[]
}

/** Starts a collector that takes everything, unless `answer` does something else. Stopped after the test file. */
export async function startTraceCollector(
  answer: (response: ServerResponse) => Promise<void> = async () => {},
): Promise<TraceCollector> {
  const spans: ReceivedSpan[] = []
  const bodies: Buffer[] = []
  const requests: TraceCollector['requests'][number][] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    bodies.push(body)
    spans.push(...spansIn(body))
    requests.push({ path: request.url ?? '', headers: request.headers })
    await answer(response)
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, bodies, requests }
}

/** The values of a message by field number. Messages, strings and bytes are bytes; other values are numbers. */
type Fields = ReadonlyMap<number, readonly (Uint8Array | bigint)[]>

function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (Uint8Array | bigint)[]>()
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    const values = fields.get(field) ?? []
    values.push(readValue(reader, type))
    fields.set(field, values)
  }
  return fields
}

function readValue(reader: BinaryReader, type: WireType): Uint8Array | bigint {
  if (type === WireType.LengthDelimited) return reader.bytes()
  if (type === WireType.Bit64) return BigInt(reader.fixed64())
  return type === WireType.Bit32 ? BigInt(reader.fixed32()) : BigInt(reader.uint64())
}

const bytesIn = (fields: Fields, field: number) =>
  (fields.get(field) ?? []).filter((value) => value instanceof Uint8Array)
const messagesIn = (fields: Fields, field: number) => bytesIn(fields, field).map(fieldsOf)
const textIn = (fields: Fields, field: number) => Buffer.from(bytesIn(fields, field)[0] ?? []).toString()
const hexIn = (fields: Fields, field: number) => Buffer.from(bytesIn(fields, field)[0] ?? []).toString('hex')
const numberIn = (fields: Fields, field: number) => BigInt((fields.get(field)?.[0] as bigint | undefined) ?? 0n)

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const errorStatus = 2n

function spansIn(body: Uint8Array): ReceivedSpan[] {
  return messagesIn(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = messagesIn(resourceSpans, 1).map((fields) => attributesIn(fields, 1))[0] ?? {}
    const spans = messagesIn(resourceSpans, 2).flatMap((scopeSpans) => messagesIn(scopeSpans, 2))
    return spans.map((span) => toSpan(span, resource))
  })
}

const toSpan = (span: Fields, resource: Attributes): ReceivedSpan => ({
  traceId: hexIn(span, 1),
  spanId: hexIn(span, 2),
  traceState: textIn(span, 3),
  parentSpanId: hexIn(span, 4),
  name: textIn(span, 5),
  kind: kinds[Number(numberIn(span, 6))] ?? '',
  startTime: numberIn(span, 7),
  endTime: numberIn(span, 8),
  attributes: attributesIn(span, 9),
  links: messagesIn(span, 13).map((link) => ({ traceId: hexIn(link, 1), spanId: hexIn(link, 2) })),
  isError: messagesIn(span, 15).some((status) => numberIn(status, 3) === errorStatus),
  resource,
})

const attributesIn = (fields: Fields, field: number): Attributes =>
  Object.fromEntries(messagesIn(fields, field).map((entry) => [textIn(entry, 1), valueIn(entry)]))

function valueIn(entry: Fields): string | number | boolean {
  const [value = new Map()] = messagesIn(entry, 2)
  if (value.has(2)) return numberIn(value, 2) === 1n
  return value.has(3) ? Number(numberIn(value, 3)) : textIn(value, 1)
}
