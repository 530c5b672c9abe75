import { pino } from 'pino'
import { expect, test } from 'vitest'
import { LogObserver } from '../../../src/telemetry/log.js'

const lines: string[] = []
const observer = new LogObserver(
  pino(
    { base: null, timestamp: false, formatters: { level: (level) => ({ level }) } },
    { write: (line) => lines.push(line) },
  ),
)

test('a call that was audited is one line, at the level info', () => {
  const entry = {
    requestId: 'r-1',
    operation: 'AddMessageContact',
    callerId: 'console',
    via: 'token',
    directoryId: 'rd-1',
    contactId: 'c-1',
    result: 'OK',
  } as const
  observer.callAudited(entry)
  expect(lines.splice(0).map((line) => JSON.parse(line))).toEqual([{ level: 'info', ...entry, msg: 'audit' }])
})

test('a file that was rejected is a warning with its problems', () => {
  observer.fileRejected('callers file', ['callers[0].id is missing'])
  expect(lines.splice(0).map((line) => JSON.parse(line))).toEqual([
    { level: 'warn', problems: ['callers[0].id is missing'], msg: 'callers file rejected' },
  ])
})
