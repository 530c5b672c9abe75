import { expect, test } from 'vitest'
import { healthCommand } from '../../../src/cli/health.js'

const format = '--address must be host:port, such as 0.0.0.0:50051 or [::1]:50051'

test.each([
  ['', format],
  ['localhost', format],
  ['http://127.0.0.1:50051', format],
  ['[::1', format],
  ['127.0.0.1:99999', '--address must have a port from 0 to 65535'],
])('the health of the address %j cannot be asked for: it is an error of the command line', async (address, problem) => {
  const asked = healthCommand({}, { service: '', address, tls: false })
  await expect(asked).rejects.toMatchObject({ name: 'ConfigurationError', problems: [problem] })
})
