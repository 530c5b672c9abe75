import { expect, test } from 'vitest'
import { addRequest } from '../../support/client.js'
import { expectRefusal } from '../../support/refusal.js'
import { startService, uniqueName } from '../../support/running-service.js'

const secret = 'Qzxvw'

test('an unexpected error is INTERNAL; the log has its class and its stack, and not its message', async () => {
  const randomInt = () => {
    throw new RangeError(`${secret} tom@example.com`)
  }
  const service = await startService({ dependencies: { randomInt } })
  try {
    await expectRefusal(service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd') }), 'INTERNAL')
    const log = service.log()
    expect(log).toContain('"reason":"INTERNAL"')
    expect(log).toContain('"type":"RangeError"')
    expect(log).toContain('unexpected-errors.test.ts')
    expect(log).not.toContain(secret)
    expect(log).not.toContain('tom@example.com')
  } finally {
    await service.stop()
  }
})
