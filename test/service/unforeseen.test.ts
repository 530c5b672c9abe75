import { expect, test } from 'vitest'
import { addRequest } from '../client.js'
import { expectRefusal } from '../refusal.js'
import { startService, uniqueName } from './running-service.js'

const secret = 'Qzxvw'

test('an unforeseen error is INTERNAL; the log tells its class and where it arose, not what it says', async () => {
  const dice = () => {
    throw new RangeError(`${secret} tom@example.com`)
  }
  const broken = await startService({ surroundings: { dice } })
  try {
    await expectRefusal(broken.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd') }), 'INTERNAL')
    const log = broken.log()
    expect(log).toContain('"reason":"INTERNAL"')
    expect(log).toContain('"type":"RangeError"')
    expect(log).toContain('unforeseen.test.ts')
    expect(log).not.toContain(secret)
    expect(log).not.toContain('tom@example.com')
  } finally {
    await broken.stop()
  }
})
