import { create, toBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AddMessageContactRequestSchema } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { expectRefusal } from '../refusal.js'
import { answered, frame, rawCall } from './raw-call.js'
import { echo, known, type RunningToy, startToy, stopToys, toyPath } from './toy-service.js'

let toy: RunningToy
let runs = 0
beforeAll(async () => {
  toy = await startToy((request, call) => {
    runs += 1
    return echo(request, call)
  })
})
afterAll(stopToys)

const good = frame(toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: 'Tom' })))
const send = (body: Buffer) =>
  answered(rawCall(toy.address, { path: toyPath, headers: { 'x-resource-directory-id': 'toy' }, body }))

describe('a request that is no message of the operation is MALFORMED_REQUEST', () => {
  const bytes: readonly (readonly [string, number[]])[] = [
    ['a field cut short', [0x0a, 0x05, 0x41]],
    ['text that is not UTF-8', [0x0a, 0x02, 0xc3, 0x28]],
    ['half a surrogate pair in UTF-8', [0x0a, 0x03, 0xed, 0xa0, 0x80]],
    ['a field number of 0', [0x00, 0x01]],
    ['a wire type that does not exist', [0x0f]],
    ['a varint without an end', [0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a length beyond the message', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a group without an end', [0x0b]],
    ['an end of a group that never began', [0x0c]],
    ['groups in groups beyond every need', Array.from({ length: 2000 }, () => 0xbb).flatMap((tag) => [tag, 0x3e])],
  ]
  test.each(bytes)('%s', async (_, message) => {
    await expectRefusal(toy.client.sendBytes(toyPath, Buffer.from(message), known), 'MALFORMED_REQUEST')
  })

  test('no message at all', () => expectRefusal(send(Buffer.alloc(0)), 'MALFORMED_REQUEST'))

  test('two messages', () => expectRefusal(send(Buffer.concat([good, good])), 'MALFORMED_REQUEST'))

  test('half of a message', () => expectRefusal(send(good.subarray(0, 7)), 'MALFORMED_REQUEST'))

  test('a message and half of another is served: what is cut never arrived', async () => {
    await send(Buffer.concat([good, good.subarray(0, 7)]))
  })

  test('none of them reached the function', async () => {
    expect(runs).toBe(1)
    await send(good)
    expect(runs).toBe(2)
  })
})
