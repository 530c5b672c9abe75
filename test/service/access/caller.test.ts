import { Metadata } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addRequest } from '../../support/client.js'
import { expectRefusal } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'

describe('authentication', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  const headers = (...values: readonly string[]) => {
    const metadata = new Metadata()
    for (const value of values) metadata.add('x-resource-directory-id', value)
    return { metadata }
  }

  test.each([
    ['no directory header', headers()],
    ['two directories', headers('rd-1', 'rd-2')],
    ['an empty directory', headers('')],
    ['a directory with a blank', headers('rd 1')],
    ['a directory of 65 characters', headers('r'.repeat(65))],
  ])('refuses %s, before the message is decoded', async (_, options) => {
    await expectRefusal(service.client.addMessageContact({}, options), 'UNAUTHENTICATED')
  })

  test('uses DEFAULT_DIRECTORY_ID if there is no header', async () => {
    const withDefault = await startService({ environment: { DEFAULT_DIRECTORY_ID: 'rd-default' } })
    await withDefault.client.addMessageContact(addRequest())
    await withDefault.client.addMessageContact(addRequest(), headers('rd-other'))
    const directories = (await withDefault.collection.find().toArray()).map(({ directoryId }) => directoryId)
    expect(directories.sort()).toEqual(['rd-default', 'rd-other'])
    await withDefault.stop()
  })
})
