import { type Collection, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Contact } from '../../../src/contacts/contact.js'
import { addRequest } from '../../support/client.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { startRival } from '../../support/rival.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { WireProxy } from '../../support/wire-proxy.js'

describe('AddMessageContact in a directory with two slots', () => {
  const MONGODB_DATABASE = uniqueName('lost-races')
  const direct = new MongoClient(inject('mongodbUri'))
  let proxy: WireProxy
  let service: RunningService
  let contacts: Collection<Contact>

  beforeAll(async () => {
    contacts = direct.db(MONGODB_DATABASE).collection('message_contacts')
    proxy = await WireProxy.to(inject('mongodbUri'))
    const environment = { MONGODB_URI: proxy.uri, MONGODB_DATABASE, CONTACTS_PER_DIRECTORY: '2' }
    service = await startService({ environment })
  })
  afterAll(async () => {
    await service?.stop()
    await proxy?.close()
    await direct.close()
  })

  test('is refused after it has lost the race for a slot five times', async () => {
    const directoryId = uniqueName('rd')
    await service.client.addMessageContact(addRequest({ name: 'Rival' }), { directoryId })
    const commands = startRival(proxy, contacts, directoryId)
    await expectRefusal(
      service.client.addMessageContact(addRequest(), { directoryId }),
      'CONCURRENT_CALL_NOT_SUPPORTED',
      { RetryInfo: retryInfo(100) },
    )
    expect(commands).toEqual(Array.from({ length: 5 }, () => ['insert', 'find']).flat())
    expect((await contacts.find({ directoryId }).toArray()).map(({ name }) => name)).toEqual(['Rival'])
    proxy.reset()
  })
})
