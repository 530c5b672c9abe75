import {
  type AnyError,
  MongoClientClosedError,
  MongoExpiredSessionError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
  type TopologyDescription,
} from 'mongodb'
import { commandRefused } from './bulk-errors.js'

// Errors that the driver throws for commands, by what they say of them.

const noServers = {} as TopologyDescription
const noServer = () => new MongoServerSelectionError('no server within 30 ms', noServers)
export const selectionTimeout = () =>
  new MongoOperationTimeoutError('Timed out during server selection', { cause: noServer() })

/** A write concern that the members cannot fulfil, which is reported after the write was carried out. */
export const unconfirmable = () =>
  new MongoWriteConcernError({ ok: 1, n: 1, writeConcernError: { code: 79, errmsg: 'unknown mode' } })

/**
 * The server's codes for members that step down, stop, are interrupted or exceed a time limit; then codes of locks, cursors, snapshots, shards,
 * routers and tenants that move, of a command that is not ready, and an internal error. Not one of them says that nothing was executed.
 */
export const unavailableCodes = [
  6, 7, 50, 64, 89, 91, 100, 112, 134, 189, 262, 462, 9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436,
  // In the order of the server's error_codes.yml.
  1, 24, 43, 133, 175, 202, 217, 228, 237, 249, 355, 365, 402, 407, 433, 449, 450, 453, 13388, 91331, 10045600,
  // A code that no server has.
  987654321,
]
/** With which a server rejects the command itself: not authorized, wrong password, invalid, too large and so on. */
export const otherCodes = [
  2, 4, 9, 13, 14, 16, 18, 20, 28, 40, 52, 55, 57, 59, 61, 66, 67, 72, 73, 85, 86, 115, 121, 8000, 10334, 11000, 17280,
  17420, 40415,
]

export const unavailable: readonly (readonly [string, AnyError])[] = [
  ['a lost connection', new MongoNetworkError('connection 1 to 127.0.0.1:1 closed')],
  [
    'a connection whose other end was closed',
    Object.assign(new Error('This socket has been ended'), { code: 'EPIPE' }),
  ],
  ['a connection that was reset', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ['a connection that timed out', new MongoNetworkTimeoutError('connection timed out')],
  ['a command that exceeded its time limit', new MongoOperationTimeoutError('Timed out during socket read')],
  ['a search for a server before a repetition, which fails with its own error', noServer()],
  ['a client that was closed', new MongoTopologyClosedError()],
  ['a client that was closed during a command', new MongoClientClosedError()],
  ['a session that expired with its client', new MongoExpiredSessionError()],
  ['a client that is not connected', new MongoNotConnectedError('Client must be connected before running operations')],
  ['a server error without a code', new MongoServerError({ errmsg: 'odd' })],
  ['a command that is refused, which may be repeated', commandRefused(91, 'RetryableWriteError')],
  ...unavailableCodes.map((code) => [`a command that is refused with ${code}`, commandRefused(code)] as const),
]
/** The server says that it executed no write of the command. */
export const notExecuted = [91, 10107, 462, 987654321].map(
  (code) => [code, commandRefused(code, 'RetryableWriteError', 'NoWritesPerformed')] as const,
)
export const otherErrors: readonly (readonly [string, AnyError])[] = [
  ['an invalid argument', new MongoInvalidArgumentError('Argument "docs" must be an array of documents')],
  ['an error of our own', new TypeError('undefined is not a function')],
  ...otherCodes.map((code) => [`a command that is refused with ${code}`, commandRefused(code)] as const),
]
