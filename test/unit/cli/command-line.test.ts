import { describe, expect, test } from 'vitest'
import { help, parseCommandLine } from '../../../src/cli/command-line.js'

describe('a command line', () => {
  test.each([
    [[], { command: 'serve' }],
    [['serve'], { command: 'serve' }],
    [['check-config'], { command: 'check-config' }],
    [['prepare-database'], { command: 'prepare-database' }],
    [['health'], { command: 'health', service: '', tls: false }],
    [
      ['health', '--service', 'liveness', '--address=[::1]:50051', '--tls'],
      { command: 'health', service: 'liveness', address: '[::1]:50051', tls: true },
    ],
    [['create-token', '--id', 'console'], { command: 'create-token', id: 'console', directories: [], roles: [] }],
    [
      ['create-token', '--id=a', '--directories=*', '--roles', 'verifier,reader'],
      { command: 'create-token', id: 'a', directories: '*', roles: ['reader', 'verifier'] },
    ],
    [
      ['create-token', '--id=a', '--directories', 'rd-1,rd-2'],
      { command: 'create-token', id: 'a', directories: ['rd-1', 'rd-2'], roles: [] },
    ],
    [['--help'], { command: 'help' }],
    [['health', '-h'], { command: 'help' }],
    [['--version'], { command: 'version' }],
    [['-v'], { command: 'version' }],
  ])('%j is understood', (args, expected) => {
    expect(parseCommandLine(args)).toEqual(expected)
  })

  test.each([
    [['start'], 'There is no command start'],
    [['serve', 'now'], 'serve takes no further argument: now'],
    [['--port=1'], "Unknown option '--port'"],
    [['health', '--service'], "Option '--service <value>' argument missing"],
    [['--help=yes'], "Option '-h, --help' does not take an argument"],
    [['--service', 'liveness'], 'serve has no option --service'],
    [['check-config', '--address', 'localhost:1'], 'check-config has no option --address'],
    [['health', '--id', 'console'], 'health has no option --id'],
    [['create-token', '--tls'], 'create-token has no option --tls'],
    [['create-token'], 'create-token needs --id with the id of a caller'],
    [['create-token', '--id', 'tom@example.com'], 'create-token needs --id with the id of a caller'],
    [
      ['create-token', '--id', 'a', '--directories', 'rd-1,b: c'],
      '--directories must be ids of directories, or * alone',
    ],
    [['create-token', '--id', 'a', '--directories', 'rd-1,*'], '--directories must be ids of directories, or * alone'],
    [
      ['create-token', '--id', 'a', '--roles', 'owner'],
      '--roles must be some of reader, editor, verifier, administrator',
    ],
  ])('%j is refused', (args, problem) => {
    expect(parseCommandLine(args)).toEqual({ problem })
  })

  test('can have every command and option that the help names', () => {
    const named = [...help.matchAll(/^ {2}(?:-\w, )?(--)?([a-z][a-z-]+)/gm)].map(
      ([, dashes = '', name]) => dashes + name,
    )
    expect(named).toEqual([
      ...['serve', 'check-config', 'prepare-database', 'health', 'create-token'],
      ...['--service', '--address', '--tls', '--id', '--directories', '--roles', '--help', '--version'],
    ])
  })
})
