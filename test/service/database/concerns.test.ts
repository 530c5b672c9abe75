import type { Document } from 'mongodb'
import { expect, inject, test } from 'vitest'
import { addRequest } from '../../support/client.js'
import { startService, uniqueName } from '../../support/running-service.js'
import { WireProxy } from '../../support/wire-proxy.js'

test('an acknowledged write is in the journals of a majority', async () => {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  const service = await startService({ environment: { MONGODB_URI: proxy.uri } })
  const writes: Document[] = []
  const directoryId = uniqueName('rd')
  proxy.watch(({ name, body }) => {
    if (name === 'insert') writes.push(body)
    return 'pass'
  })
  await service.client.addMessageContact(addRequest(), { directoryId })
  expect(writes.map(({ writeConcern }) => writeConcern)).toEqual([{ w: 'majority', j: true }])
  await service.stop()
  await proxy.close()
})

test('MONGODB_URI cannot weaken what an acknowledgement means', async () => {
  const uri = new URL(inject('mongodbUri'))
  uri.search = '?W=0&journal=false&wtimeoutMS=1&readconcernlevel=local&readPreference=secondary'
  await expect(startService({ environment: { MONGODB_URI: uri.href } })).rejects.toMatchObject({
    problems: [
      'MONGODB_URI must not set w to anything but majority',
      'MONGODB_URI must not set journal to anything but true',
      'MONGODB_URI must not set readConcernLevel to anything but majority',
      'MONGODB_URI must not set readPreference to anything but primary',
      'MONGODB_URI must not set wtimeoutMS; use DATABASE_TIMEOUT_SECONDS',
    ],
  })
})

test('contacts are stored in the database that MONGODB_URI names, if MONGODB_DATABASE names none', async () => {
  const uri = new URL(inject('mongodbUri'))
  const name = uniqueName('of-uri')
  uri.pathname = `/${name}`
  const service = await startService({ environment: { MONGODB_URI: uri.href, MONGODB_DATABASE: '' } })
  await service.client.addMessageContact(addRequest(), { directoryId: 'rd-1' })
  expect([service.collection.dbName, await service.collection.countDocuments()]).toEqual([name, 1])
  expect(service.log()).toContain(`"database":"${name}"`)
  await service.stop()
})
