import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { addRequest, ContactsClient } from '../../support/client.js'
import { startOwnDatabase } from '../../support/own-database.js'
import { projectFolder } from '../../support/packaging/deploy-files.js'
import { ServiceProcess } from '../../support/service-process.js'
import { until } from '../../support/waiting.js'

const role = JSON.parse(readFileSync(join(projectFolder, 'deploy', 'mongodb', 'role.json'), 'utf8'))
const caller = { directoryId: 'rights' }

/** A database whose only user has the role of deploy/mongodb/role.json. Gives the address for this user. */
async function startDatabaseWithUser(): Promise<string> {
  const database = await startOwnDatabase()
  const client = new MongoClient(database.uri)
  const users = client.db('message_contacts')
  await users.command(role)
  await users.command({ createUser: 'service', pwd: 'secret', roles: [role.createRole] })
  await client.close()
  await database.stop()
  await database.startAgain({ onlyUsers: true })
  return `${database.uri.replace('//', '//service:secret@')}&authSource=message_contacts`
}

/** Calls every kind of operation once. */
async function useContacts(address: string): Promise<void> {
  const client = new ContactsClient(address)
  const email = 'tom@example.com'
  const added = await client.addMessageContact(addRequest({ emailAddress: email, clientToken: 'token' }), caller)
  const contactId = added.response.contact?.contactId ?? ''
  await client.sendEmailVerificationForMessageContact({ contactId, emailAddress: email }, caller)
  const request = { contactId, name: 'Jim', updateMask: { paths: ['name'] } }
  expect((await client.updateMessageContact(request, caller)).response.contact?.name).toBe('Jim')
  expect((await client.listMessageContacts({}, caller)).response.totalCount).toBe(1)
  await client.deleteMessageContact({ contactId }, caller)
  client.close()
}

describe('a user of the database with the role of deploy/mongodb/role.json', () => {
  test('can do what the service does, and nothing else', async () => {
    const MONGODB_URI = await startDatabaseWithUser()
    const environment = { MONGODB_URI, UNCONFIGURED_SENDER: 'print' }
    const service = await ServiceProcess.start({ environment })
    await useContacts(service.address)
    await until('the code is delivered', () => service.stderr().includes(' for tom@example.com'))
    service.signal('SIGTERM')
    expect(await service.exit()).toBe(0)
    expect(service.lines().filter(({ level }) => level !== 'info')).toEqual([])

    const client = new MongoClient(MONGODB_URI)
    const database = client.db('message_contacts')
    const unauthorized = { code: 13 }
    await expect(database.dropDatabase()).rejects.toMatchObject(unauthorized)
    await expect(database.collection('message_contacts').drop()).rejects.toMatchObject(unauthorized)
    // Not tried with other collections: the database for development compares only databases and actions.
    await expect(client.db('another').collection('message_contacts').findOne({})).rejects.toMatchObject(unauthorized)
    await client.close()
  })
})
