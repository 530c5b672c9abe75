import type { Document } from 'mongodb'
import { expect, inject, test } from 'vitest'
import { addRequest } from '../../support/client.js'
import { startService, uniqueName } from '../../support/running-service.js'
import { WireProxy } from '../../support/wire-proxy.js'

test('MONGODB_URI cannot weaken the write concern', async () => {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  const uri = new URL(proxy.uri)
  for (const [name, value] of Object.entries({ w: '0', journal: 'false', wtimeoutMS: '1', readConcernLevel: 'local' }))
    uri.searchParams.set(name, value)
  uri.searchParams.set('readPreference', 'secondary')
  const service = await startService({ environment: { MONGODB_URI: uri.href } })
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
