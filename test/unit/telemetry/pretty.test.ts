import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createLog, LogObserver } from '../../../src/telemetry/log.js'

/** The lines of a pretty log to which `write` writes, without colours and times. */
function linesOf(write: (log: ReturnType<typeof createLog>, observer: LogObserver) => void): readonly string[] {
  const lines: string[] = []
  const log = createLog({ LOG_LEVEL: 'debug', LOG_FORMAT: 'pretty' }, { write: (line) => void lines.push(line) })
  write(log, new LogObserver(log))
  return lines.map((line) => stripVTControlCharacters(line).replace(/^\[\d\d:\d\d:\d\d\]/, '[time]'))
}

const call = {
  path: '/messagecontacts.v1.MessageContactService/AddMessageContact',
  requestId: '2DFCE4C9-04A9-4C83-BB14-FE791275EC53',
  reason: 'OK',
  durationMs: 7,
  cancelled: false,
} as const
const unavailable = Object.assign(new RangeError('secret', { cause: new TypeError('secret') }), {
  code: 'ECONNREFUSED',
})

describe('the pretty log', () => {
  test('has the address without the settings when the service listens', () => {
    expect(linesOf((log) => log.info({ address: '127.0.0.1:1', settings: { A: 1 } }, 'listening'))).toEqual([
      '[time] INFO: listening on 127.0.0.1:1\n',
    ])
    const addresses = { address: '127.0.0.1:1', httpAddress: '127.0.0.1:2', adminAddress: '127.0.0.1:3' }
    expect(linesOf((log) => log.info(addresses, 'listening'))).toEqual([
      '[time] INFO: listening on 127.0.0.1:1, over HTTP on 127.0.0.1:2, metrics on http://127.0.0.1:3/metrics\n',
    ])
  })

  test.each([
    [{}, 'DEBUG: AddMessageContact OK, 7 ms, request 2DFCE4C9-04A9-4C83-BB14-FE791275EC53'],
    [
      { reason: 'OVERLOADED', cancelled: true },
      'WARN: AddMessageContact OVERLOADED, 7 ms, request 2DFCE4C9-04A9-4C83-BB14-FE791275EC53, cancelled by the client',
    ],
    [
      { reason: 'DATABASE_UNAVAILABLE', cause: unavailable },
      'WARN: AddMessageContact DATABASE_UNAVAILABLE, 7 ms, request 2DFCE4C9-04A9-4C83-BB14-FE791275EC53 {"cause":"RangeError ECONNREFUSED: TypeError"}',
    ],
  ] as const)('has a line for a call that ended with %o', (end, line) => {
    expect(linesOf((_, observer) => observer.callEnded({ ...call, ...end }))).toEqual([`[time] ${line}\n`])
  })

  test('says whether the service serves, and why not', () => {
    const lines = linesOf((_, observer) => {
      observer.healthChanged({ serving: true })
      observer.healthChanged({ serving: false })
      observer.healthChanged({ serving: false, cause: unavailable })
    })
    expect(lines).toEqual([
      '[time] INFO: serving\n',
      '[time] INFO: not serving\n',
      '[time] WARN: not serving {"cause":"RangeError ECONNREFUSED: TypeError"}\n',
    ])
  })

  test('has the fields of other lines behind their text', () => {
    expect(linesOf((log) => log.info({ signal: 'SIGTERM' }, 'stopping'))).toEqual([
      '[time] INFO: stopping {"signal":"SIGTERM"}\n',
    ])
  })

  test('has the stack frames of errors of the service, and never a message', () => {
    const [line = ''] = linesOf((_, observer) =>
      observer.callEnded({ ...call, reason: 'INTERNAL', cause: new TypeError('secret') }),
    )
    expect(line).toMatch(/^\[time\] ERROR: call ended\n/)
    expect(line).toContain('"type": "TypeError"')
    expect(line).toContain('pretty.test.ts')
    expect(line).not.toContain('secret')
  })
})
