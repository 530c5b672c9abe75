import { connect, type OutgoingHttpHeaders } from 'node:http2'
import { create, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reason } from '../../../src/errors/catalog.js'
import type { BadRequest, ErrorInfo } from '../../../src/gen/google/rpc/error_details_pb.js'
import { MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { AddMessageContactRequestSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { checkAnswer } from '../../support/check-answer.js'
import { type AddRequest, addRequest, Refused } from '../../support/client.js'
import {
  anyEnum,
  anyText,
  emailAddress,
  marker,
  messageTypes,
  name,
  phoneNumber,
  request,
} from '../../support/odd-requests.js'
import { answered, callOn, frame } from '../../support/raw-call.js'
import { badRequest, expectRefusal } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { toyPath } from '../../support/toy-service.js'

/** The same cases in every run. Another seed gives other cases. */
const runs = { seed: 20_261_124, numRuns: 300 }

let service: RunningService
beforeAll(async () => {
  service = await startService({ environment: { DEFAULT_DIRECTORY_ID: 'default' } })
})
afterAll(() => service?.stop())

/** The directory is the only thing of these calls that the log names. */
const options = () => ({ directoryId: uniqueName('rd') })
const encode = (request: AddRequest) =>
  Buffer.from(toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, request)))
const sendBytes = (bytes: Uint8Array) =>
  checkAnswer(service.client.sendBytes(toyPath, Buffer.from(bytes), options()), marker)
const send = (request: AddRequest) => checkAnswer(service.client.addMessageContact(request, options()), marker)

describe('AddMessageContact answers with a contact or a refusal of the catalog for any bytes:', () => {
  test('random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        await sendBytes(bytes)
      }),
      runs,
    )
  })

  test('a valid message with one byte changed', async () => {
    const valid = encode(addRequest({ name: marker, clientToken: marker }))
    await fc.assert(
      fc.asyncProperty(fc.nat(valid.length - 1), fc.nat(255), async (index, byte) => {
        const bytes = Buffer.from(valid)
        bytes.writeUInt8(byte, index)
        await sendBytes(bytes)
      }),
      runs,
    )
  })

  test('the beginning of a valid message', async () => {
    const valid = encode(addRequest({ name: marker }))
    for (let length = 0; length < valid.length; length += 1)
      expect(await sendBytes(valid.subarray(0, length))).not.toBe('OK')
  })

  test('fields of every number and wire type, in any order, any number of times', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(marker))
    const field = fc.tuple(
      fc.integer({ min: 1, max: 12 }),
      fc.oneof(text, fc.integer(), fc.uint8Array({ maxLength: 20 })),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 20 }), async (fields) => {
        const writer = new BinaryWriter()
        for (const [number, value] of fields) {
          if (typeof value === 'number') writer.tag(number, 0).int32(value)
          else if (typeof value === 'string') writer.tag(number, 2).string(value)
          else writer.tag(number, 2).bytes(value)
        }
        await sendBytes(writer.finish())
      }),
      runs,
    )
  })

  test('unknown fields, which are ignored', async () => {
    const unknown = new BinaryWriter()
      .tag(1000, 2)
      .string(marker)
      .tag(1001, 0)
      .int32(7)
      .tag(1002, 5)
      .fixed32(1)
      .finish()
    expect(await sendBytes(Buffer.concat([encode(addRequest()), unknown]))).toBe('OK')
    const added = await service.collection.find({ name: 'Tom' }).toArray()
    expect(JSON.stringify(added)).not.toContain(`"${marker}"`)
  })

  test('text that is not UTF-8, in every field', async () => {
    for (const field of [1, 2, 3, 6])
      expect(await sendBytes(Buffer.from([(field << 3) | 2, 4, 0x5a, 0xed, 0xa0, 0x80]))).toBe('MALFORMED_REQUEST')
  })

  test('a message that is too large', async () => {
    const call = service.client.sendBytes(toyPath, encode({ name: marker.repeat(10_000) }), options())
    await expect(call).rejects.toMatchObject({
      refusal: {
        code: status.RESOURCE_EXHAUSTED,
        message: expect.stringMatching(/^Received message larger than max \(\d+ vs 65536\)$/),
        details: [],
      },
    })
  })
})

describe('AddMessageContact answers with a contact or a refusal of the catalog for any fields:', () => {
  test('random messages', async () => {
    const reasons = new Set<string>()
    await fc.assert(
      fc.asyncProperty(request, async (message) => {
        reasons.add(await send(message))
      }),
      runs,
    )
    // The cases cover different reasons.
    expect(reasons.size).toBeGreaterThan(4)
  })

  test('a valid message with one field of any value', async () => {
    const changes = fc.oneof(
      name.map((value) => ({ name: value })),
      emailAddress.map((value) => ({ emailAddress: value })),
      phoneNumber.map((value) => ({ phoneNumber: value })),
      anyEnum.map((value) => ({ title: value })),
      messageTypes.map((value) => ({ messageTypes: value })),
      anyText.map((value) => ({ clientToken: value })),
    )
    await fc.assert(
      fc.asyncProperty(changes, async (change) => {
        await send(addRequest(change))
      }),
      runs,
    )
  })

  test('mail addresses, of which only printable ASCII without blanks is stored', async () => {
    await fc.assert(
      fc.asyncProperty(emailAddress, async (address) => {
        const call = service.client.addMessageContact(addRequest({ emailAddress: address }), options())
        if ((await checkAnswer(call, marker)) !== 'OK') return
        expect((await call).response.contact?.emailAddress).toMatch(/^[\x21-\x7e]+@[a-z0-9.-]+$/)
      }),
      runs,
    )
  })

  const injections = [
    'tom@example.com\r\nBcc: all@example.com',
    'tom@example.com\nSubject: hello',
    'tom\r\n@example.com',
    'tom@example.com\r',
    'tom@example.com\u0000',
    'tom@example.com,ann@example.com',
    'tom@example.com;ann@example.com',
    'Tom <tom@example.com>',
    '<tom@example.com>',
    '"tom\r\n"@example.com',
    'tom@example.com\u2028Bcc: all@example.com',
    'tom@[127.0.0.1]',
    ' tom@example.com',
    'tom@example.com%0d%0aBcc:all@example.com',
    'tom@exam\u0000ple.com',
  ]
  test.each(injections)('the mail address %j, which is invalid', async (emailAddress) => {
    const call = service.client.addMessageContact(addRequest({ emailAddress }), options())
    await expectRefusal(call, 'INVALID_PARAMETER_EMAIL_ADDRESS', {
      BadRequest: badRequest(['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS']),
    })
  })

  test.each([-1, 7, 2 ** 31 - 1, -(2 ** 31)])('the enum number %d, which is unknown', async (number) => {
    const call = service.client.addMessageContact(
      addRequest({ title: number as Title, messageTypes: [MessageType.FAULT_MESSAGE, number as MessageType] }),
      options(),
    )
    await expectRefusal(call, 'INVALID_PARAMETER_TITLE', {
      BadRequest: badRequest(
        ['title', 'INVALID_PARAMETER_TITLE'],
        ['message_types[1]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ),
    })
  })

  test('ten thousand violations, of which the first twenty are listed and the others counted', async () => {
    const messageTypes = Array.from({ length: 10_000 }, () => 9 as MessageType)
    const call = service.client.addMessageContact(addRequest({ messageTypes }), options())
    expect(await checkAnswer(call, marker)).toBe('INVALID_PARAMETER_MESSAGE_TYPES')
    const error: unknown = await call.catch((error: unknown) => error)
    const [info, list] = (error instanceof Refused ? error.refusal.details : []) as unknown as [ErrorInfo, BadRequest]
    const fields = Array.from({ length: 20 }, (_, index) => `message_types[${index}]`)
    expect(info.metadata).toMatchObject({
      field: 'message_types[0]',
      violations: fields.map((field) => `${field}=INVALID_PARAMETER_MESSAGE_TYPES`).join(','),
      violationsLeftOut: '9980',
    })
    expect(list.fieldViolations.map(({ field }) => field)).toEqual(fields)
  })

  test('a name that is used already, which is the only value that the refusal repeats', async () => {
    const sameDirectory = options()
    await service.client.addMessageContact(addRequest({ name: marker }), sameDirectory)
    const again = addRequest({ name: marker, emailAddress: `${marker}@example.com`, clientToken: marker })
    expect(await checkAnswer(service.client.addMessageContact(again, sameDirectory), marker)).toBe(
      'INVALID_PARAMETER_NAME_ALREADY_USED',
    )
  })

  test('a client token that is used already, which the refusal does not repeat', async () => {
    const sameDirectory = options()
    await service.client.addMessageContact(addRequest({ clientToken: marker }), sameDirectory)
    const other = addRequest({ name: marker, title: Title.CEO, clientToken: marker })
    expect(await checkAnswer(service.client.addMessageContact(other, sameDirectory), marker)).toBe(
      'INVALID_PARAMETER_CLIENT_TOKEN',
    )
  })
})

describe('AddMessageContact answers with a contact or a refusal of the catalog for any metadata:', () => {
  const withHeaders = async (headers: OutgoingHttpHeaders): Promise<Reason | 'OK'> => {
    const session = connect(`http://${service.app.address}`)
    try {
      const body = frame(encode(addRequest({ emailAddress: `${marker}@example.com` })))
      return await checkAnswer(answered(callOn(session, { path: toyPath, headers, body })), marker)
    } finally {
      session.destroy()
    }
  }
  const directory = 'x-resource-directory-id'

  const invalid: readonly (readonly [string, string | string[]])[] = [
    ['empty', ''],
    ['too long', marker.repeat(7)],
    ['with a blank', `${marker} x`],
    ['with a comma', `${marker},x`],
    ['with a slash', `${marker}/x`],
    ['like an operator of the database', '$ne'],
    ['repeated', [marker, marker]],
    ['repeated, once empty', ['', marker]],
  ]
  test.each(invalid)(
    'a directory that is %s, which is UNAUTHENTICATED although there is a default',
    async (_, value) => {
      expect(await withHeaders({ [directory]: value })).toBe('UNAUTHENTICATED')
    },
  )

  test('a directory in a binary header, which is ignored', async () => {
    expect(await withHeaders({ [`${directory}-bin`]: Buffer.from(marker).toString('base64') })).toBe('OK')
    expect(await service.collection.countDocuments({ directoryId: 'default' })).toBe(1)
  })

  test('a hundred headers, and one of 30,000 characters', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x-${index}`, marker]))
    expect(await withHeaders({ ...many, [directory]: uniqueName('rd') })).toBe('OK')
    expect(await withHeaders({ 'x-long': marker.repeat(3000), [directory]: uniqueName('rd') })).toBe('OK')
  })

  test('random headers', async () => {
    const key = fc.stringMatching(/^x-[a-z0-9_.-]{1,20}$/).filter((text) => !text.startsWith(directory))
    const value = fc.oneof(fc.string({ unit: 'grapheme-ascii', maxLength: 100 }), fc.constant(marker))
    const headers = fc.dictionary(key, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), {
      maxKeys: 20,
    })
    await fc.assert(
      fc.asyncProperty(headers, async (odd) => {
        expect(await withHeaders({ ...odd, [directory]: uniqueName('rd') })).toBe('OK')
      }),
      { ...runs, numRuns: 100 },
    )
  })
})

test('after all these calls the service answers, and its log contains nothing that they sent', async () => {
  await service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd') })
  const log = service.log()
  for (const reason of ['OK', 'MALFORMED_REQUEST', 'UNAUTHENTICATED', 'INVALID_PARAMETER_NAME'])
    expect(log).toContain(`"reason":"${reason}"`)
  expect(log.toLowerCase()).not.toContain(marker.toLowerCase())
  expect(log).not.toContain('13900001234')
  expect(log).not.toContain('example.com')
  expect(log).not.toContain('INTERNAL')
})
