import { expect } from 'vitest'
import { frame, rawCall } from './raw-call.js'
import { type RunningService, uniqueName } from './running-service.js'
import { incorrectCode, VerifyingDirectory } from './verifying-directory.js'

/**
 * Calls a service, which sends messages, with every kind of value that callers send; some of the calls are refused. Gives these values, and
 * what was made for them: none of it may be seen by operators.
 */
export async function makeCalls(service: RunningService): Promise<readonly string[]> {
  const directory = new VerifyingDirectory(service)
  const clientToken = uniqueName('token')
  const tom = await directory.add({ name: 'Thomas', clientToken })
  await directory.addAll(['Annabel', 'Robert'])
  await expect(directory.add({ name: 'Annabel' })).rejects.toThrow()
  const code = await directory.sendCode(tom)
  await expect(directory.confirmEmail(tom, incorrectCode(code))).rejects.toThrow()
  await directory.confirmEmail(tom, code)
  await directory.sendSms(tom.contactId, tom.phoneNumber)
  await directory.storedAfterDelivery(tom.contactId)
  await directory.get(tom.contactId)
  const { nextPageToken } = await directory.list({ pageSize: 1 })
  const updateMask = { paths: ['name'] }
  await directory.update({ contactId: tom.contactId, name: 'Timothy', updateMask })
  await directory.remove({ contactId: tom.contactId })
  const [serviceName, method] = [uniqueName('Service'), uniqueName('Method')]
  await rawCall(service.app.address, { path: `/${serviceName}/${method}`, body: frame(Buffer.alloc(0)) })
  const { emailAddress, phoneNumber, contactId } = tom
  const names = ['Thomas', 'Annabel', 'Robert', 'Timothy', serviceName, method]
  return [...names, emailAddress, phoneNumber, contactId, directory.id, clientToken, code, nextPageToken]
}
