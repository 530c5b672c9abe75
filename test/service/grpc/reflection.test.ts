import { type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Authenticate } from '../../../src/access/authenticate.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { createReflection } from '../../../src/grpc/reflection.js'
import { reasonOf } from '../../support/access/calls.js'
import { reflect } from '../../support/reflection-client.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { echo, known, type RunningToy, startToy, stopToys } from '../../support/toy-service.js'

let service: RunningService
beforeAll(async () => {
  service = await startService({ environment: { REFLECTION: 'open' } })
})
afterAll(() => service?.stop())

describe.each(['v1', 'v1alpha'] as const)('reflection %s', (version) => {
  const ask = (question: 'fileByFilename' | 'fileContainingSymbol' | 'listServices', value?: string) =>
    reflect(service.app.address, version, question, value)

  test('lists the services', async () => {
    const { services, errorCode } = await ask('listServices')
    expect(services.toSorted()).toEqual(['grpc.health.v1.Health', 'messagecontacts.v1.MessageContactService'])
    expect(errorCode).toBeUndefined()
  })

  test('gives the file of our service and the files that it imports', async () => {
    const { files } = await ask('fileContainingSymbol', 'messagecontacts.v1.MessageContactService')
    const names = files.map(({ name }) => name)
    expect(names[0]).toBe('messagecontacts/v1/message_contact_service.proto')
    expect(new Set(names)).toEqual(
      new Set([
        'messagecontacts/v1/message_contact_service.proto',
        'messagecontacts/v1/message_contact.proto',
        'google/protobuf/field_mask.proto',
        'google/protobuf/timestamp.proto',
      ]),
    )
    expect(files[0]?.service[0]?.method.map(({ name }) => name)).toEqual(
      MessageContactService.methods.map(({ name }) => name),
    )
  })

  test.each([
    ['messagecontacts.v1.AddMessageContactRequest', 'messagecontacts/v1/message_contact_service.proto'],
    ['messagecontacts.v1.MessageContactService.AddMessageContact', 'messagecontacts/v1/message_contact_service.proto'],
    ['messagecontacts.v1.MessageContact', 'messagecontacts/v1/message_contact.proto'],
    ['messagecontacts.v1.ErrorReason', 'messagecontacts/v1/error_reason.proto'],
    ['google.rpc.ErrorInfo', 'google/rpc/error_details.proto'],
    ['google.rpc.BadRequest', 'google/rpc/error_details.proto'],
    ['google.rpc.Status', 'google/rpc/status.proto'],
  ])('knows the symbol %s', async (symbol, file) => {
    const { files } = await ask('fileContainingSymbol', symbol)
    expect(files[0]?.name).toBe(file)
  })

  test.each([
    ['messagecontacts.v1.MessageContactService', "Adds a contact to the caller's directory."],
    ['messagecontacts.v1.MessageContact', 'Somebody whom a resource directory notifies'],
    ['messagecontacts.v1.ErrorReason', 'Why a call was refused.'],
    ['google.rpc.RetryInfo', 'Describes when the clients can retry a failed request.'],
    ['grpc.health.v1.HealthCheckResponse', 'Used only by the Watch method.'],
  ])('gives the comments of %s', async (symbol, sentence) => {
    const { files } = await ask('fileContainingSymbol', symbol)
    const locations = files[0]?.sourceCodeInfo?.location ?? []
    const comments = locations.map(({ leadingComments, trailingComments }) => leadingComments + trailingComments)
    expect(comments.filter((comment) => comment.includes(sentence))).toHaveLength(1)
    expect(comments.filter((comment) => comment === '')).toEqual([])
  })

  test('gives the comment of every operation at the path of its method', async () => {
    const { files } = await ask('fileContainingSymbol', 'messagecontacts.v1.MessageContactService')
    const methods = (files[0]?.sourceCodeInfo?.location ?? []).filter(
      ({ path: [kind, , member] }) => kind === 6 && member === 2,
    )
    expect(methods.map(({ path: [, , , index] }) => index)).toEqual(
      MessageContactService.methods.map((_, index) => index),
    )
    for (const { leadingComments } of methods) expect(leadingComments).toContain('Errors:')
  })

  test('gives the details of refusals by their file name', async () => {
    const { files } = await ask('fileByFilename', 'google/rpc/error_details.proto')
    const kinds = files.find(({ name }) => name === 'google/rpc/error_details.proto')?.messageType
    expect(kinds?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['ErrorInfo', 'RetryInfo', 'BadRequest', 'ResourceInfo', 'QuotaFailure']),
    )
  })

  test('answers NOT_FOUND for an unknown symbol', async () => {
    expect(await ask('fileContainingSymbol', 'messagecontacts.v1.Unknown')).toEqual({
      files: [],
      services: [],
      errorCode: 5,
    })
  })
})

describe('each question', () => {
  afterEach(stopToys)
  const settings = { CALLS_PER_SECOND_PER_CALLER: 2 }
  const otherServices = [createReflection([MessageContactService.file], {})]
  const time = Date.now()
  const now = () => time
  const ask = (toy: RunningToy) =>
    reflect(toy.address, 'v1', 'listServices').then(
      () => status.OK,
      ({ code }: ServiceError) => code,
    )

  test('counts as a call of its caller', async () => {
    const authenticate: Authenticate = () => ({
      id: 'a',
      via: 'token',
      directories: ['rd-1'],
      roles: ['administrator'],
    })
    const toy = await startToy(echo, {
      settings: { ...settings, REFLECTION: 'authenticated' },
      otherServices,
      authenticate,
      now,
    })
    // Twice as many as in a second, after a quiet time.
    await toy.client.addMessageContact({})
    const codes = [await ask(toy), await ask(toy), await ask(toy), await ask(toy)]
    expect(codes).toEqual([status.OK, status.OK, status.OK, status.RESOURCE_EXHAUSTED])
    expect(await reasonOf(toy.client.addMessageContact({}))).toBe('THROTTLED')
  })

  test('counts for its IP address where everyone may ask', async () => {
    const toy = await startToy(echo, { settings: { ...settings, REFLECTION: 'open' }, otherServices, now })
    const codes: status[] = []
    for (let count = 0; count < 5; count += 1) codes.push(await ask(toy))
    expect(codes).toEqual([...Array(4).fill(status.OK), status.RESOURCE_EXHAUSTED])
    expect(await reasonOf(toy.client.addMessageContact({}, known))).toBe('OK')
  })
})

describe('REFLECTION', () => {
  const ask = async (REFLECTION: string, environment = {}) => {
    const restricted = await startService({ environment: { REFLECTION, ...environment }, ready: false })
    try {
      return await reflect(restricted.app.address, 'v1', 'listServices')
    } finally {
      await restricted.stop()
    }
  }

  test('authenticated refuses a caller that is not known', async () => {
    const { code, metadata } = await ask('authenticated').catch((error) => error)
    expect(code).toBe(status.UNAUTHENTICATED)
    expect(metadata.get('x-request-id')).toHaveLength(1)
  })

  test('authenticated answers a caller that is known', async () => {
    const { services } = await ask('authenticated', { DEFAULT_DIRECTORY_ID: 'rd-1' })
    expect(services).toContain('messagecontacts.v1.MessageContactService')
  })

  test('off answers nobody', async () => {
    const { code } = await ask('off', { DEFAULT_DIRECTORY_ID: 'rd-1' }).catch((error) => error)
    expect(code).toBe(status.UNIMPLEMENTED)
  })
})
