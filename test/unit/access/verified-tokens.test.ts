import { describe, expect, test } from 'vitest'
import { parseCallers } from '../../../src/access/callers-file.js'
import { issuers, jwtScenario, startTime, tokenWith } from '../../support/access/jwt-scenario.js'

describe('a caller of the callers file', () => {
  const callers = () =>
    parseCallers(
      Buffer.from(
        'callers: [{ id: tom, jwt_subject: tom@example.com, directories: [rd-7], roles: [verifier], calls_per_second: 5 }]',
      ),
    )
  const listed = { id: 'tom', via: 'jwt', directories: ['rd-7'], roles: ['verifier'], callsPerSecond: 5 }

  test('has id, directories and roles from there, not from its claims', async () => {
    const token = await tokenWith({ sub: 'tom@example.com', directory_id: '*', scope: 'messagecontacts.administrator' })
    expect(await jwtScenario({ callers: callers() }).authenticate(token)).toEqual(listed)
  })

  test('is listed from the next call on, also with a token that was verified before', async () => {
    const { authenticate, state } = jwtScenario()
    const token = await tokenWith({ sub: 'tom@example.com' })
    expect((await authenticate(token)).directories).toEqual(['rd-1'])
    state.callers = callers()
    expect(await authenticate(token)).toEqual(listed)
    expect(state.verifications).toBe(1)
  })
})

describe('a token that was verified', () => {
  test('is answered at once, without another verification, until it expires', async () => {
    const { authenticator, authenticate, outcome, state } = jwtScenario()
    const token = await tokenWith()
    const identity = await authenticate(token)
    expect(authenticator.authenticate(token)).toEqual(identity)
    state.now = startTime + 629_999
    expect(authenticator.authenticate(token)).toEqual(identity)
    expect(state.verifications).toBe(1)
    state.now += 1
    expect(await outcome(token)).toBe('UNAUTHENTICATED')
  })

  test('is verified again with new keys, and refused if its key is gone', async () => {
    const { outcome, use, state } = jwtScenario()
    const token = await tokenWith()
    await outcome(token)
    use(issuers.ec, issuers.other)
    expect([await outcome(token), state.verifications]).toEqual(['OK', 2])
    use(issuers.other)
    expect(await outcome(token)).toBe('UNAUTHENTICATED')
  })

  test('is forgotten if its keys changed while it was verified', async () => {
    const { authenticator, outcome, use } = jwtScenario()
    const token = await tokenWith()
    const verification = authenticator.authenticate(token)
    use(issuers.other)
    // From here on new tokens are remembered with the new keys.
    const other = authenticator.authenticate(await issuers.other.token({ now: startTime }))
    await verification
    await other
    expect(await outcome(token)).toBe('UNAUTHENTICATED')
  })

  test('stands for no other token', async () => {
    const { outcome } = jwtScenario()
    const token = await tokenWith()
    await outcome(token)
    expect(await outcome(`${token}A`)).toBe('UNAUTHENTICATED')
    expect(await outcome(token.slice(0, -1))).toBe('UNAUTHENTICATED')
  })

  test('is kept as one of at most 10,000', async () => {
    const { authenticate, state } = jwtScenario()
    const tokens = await Promise.all(Array.from({ length: 10_001 }, (_, index) => tokenWith({ sub: `a${index}` })))
    for (const token of tokens) await authenticate(token)
    state.verifications = 0
    for (const token of tokens.slice(1, 100)) await authenticate(token)
    expect(state.verifications).toBe(0)
    await authenticate(tokens[0] ?? '')
    expect(state.verifications).toBe(1)
  })
})
