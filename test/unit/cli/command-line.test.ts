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
    [['--service', 'liveness'], '--service is an option of health only'],
    [['check-config', '--address', 'localhost:1'], '--address is an option of health only'],
    [['--tls'], '--tls is an option of health only'],
  ])('%j is refused', (args, problem) => {
    expect(parseCommandLine(args)).toEqual({ problem })
  })

  test('can have every command and option that the help names', () => {
    const named = [...help.matchAll(/^ {2}(?:-\w, )?(--)?([a-z][a-z-]+)/gm)].map(
      ([, dashes = '', name]) => dashes + name,
    )
    expect(named).toEqual([
      ...['serve', 'check-config', 'prepare-database', 'health'],
      ...['--service', '--address', '--tls', '--help', '--version'],
    ])
  })
})
