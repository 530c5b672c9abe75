import { create, toBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AddMessageContactRequestSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { answered, frame, rawCall } from '../../support/raw-call.js'
import { expectRefusal } from '../../support/refusal.js'
import { echo, known, type RunningToy, startToy, stopToys, toyPath } from '../../support/toy-service.js'

let toy: RunningToy
let runs = 0
beforeAll(async () => {
  toy = await startToy((request, call) => {
    runs += 1
    return echo(request, call)
  })
})
afterAll(stopToys)

const valid = frame(toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: 'Tom' })))
const send = (body: Buffer) =>
  answered(rawCall(toy.address, { path: toyPath, headers: { 'x-resource-directory-id': 'toy' }, body }))

describe('a request that is not a message of the operation is MALFORMED_REQUEST', () => {
  const bytes: readonly (readonly [string, number[]])[] = [
    ['an incomplete field', [0x0a, 0x05, 0x41]],
    ['text that is not UTF-8', [0x0a, 0x02, 0xc3, 0x28]],
    ['half a surrogate pair in UTF-8', [0x0a, 0x03, 0xed, 0xa0, 0x80]],
    ['a field number of 0', [0x00, 0x01]],
    ['a wire type that does not exist', [0x0f]],
    ['a varint that is too long', [0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a length beyond the message', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a group without an end', [0x0b]],
    ['an end of a group without its start', [0x0c]],
    ['too deeply nested groups', Array.from({ length: 2000 }, () => 0xbb).flatMap((tag) => [tag, 0x3e])],
  ]
  test.each(bytes)('%s', async (_, message) => {
    await expectRefusal(toy.client.sendBytes(toyPath, Buffer.from(message), known), 'MALFORMED_REQUEST')
  })

  test('no message at all', () => expectRefusal(send(Buffer.alloc(0)), 'MALFORMED_REQUEST'))

  test('two messages', () => expectRefusal(send(Buffer.concat([valid, valid])), 'MALFORMED_REQUEST'))

  test('half of a message', () => expectRefusal(send(valid.subarray(0, 7)), 'MALFORMED_REQUEST'))

  test('a message and half of another is served, because an incomplete message does not count', async () => {
    await send(Buffer.concat([valid, valid.subarray(0, 7)]))
  })

  test('none of them reaches the operation', async () => {
    expect(runs).toBe(1)
    await send(valid)
    expect(runs).toBe(2)
  })
})
