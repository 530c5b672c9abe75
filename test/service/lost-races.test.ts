import { type Collection, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { addRequest } from '../client.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import { WireProxy } from '../wire-proxy.js'
import { sendRival } from './rival.js'
import { type RunningService, startService, uniqueName } from './running-service.js'

describe('a directory with two places', () => {
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

  test('an add that loses the race for a place again and again is told so after five inserts', async () => {
    const directoryId = uniqueName('rd')
    await service.client.addMessageContact(addRequest({ name: 'Rival' }), { directoryId })
    const commands = sendRival(proxy, contacts, directoryId)
    await expectRefusal(
      service.client.addMessageContact(addRequest(), { directoryId }),
      'CONCURRENT_CALL_NOT_SUPPORTED',
      { RetryInfo: retryInfo(100) },
    )
    expect(commands).toEqual(Array.from({ length: 5 }, () => ['insert', 'find']).flat())
    expect((await contacts.find({ directoryId }).toArray()).map(({ name }) => name)).toEqual(['Rival'])
    proxy.calm()
  })
})
