import { AbstractCursor, type MongoClient } from 'mongodb'
import {
  type DatabaseCommandName,
  type DatabaseOutcome,
  databaseCommands,
  type Observer,
} from '../telemetry/observer.js'
import { isUnavailable } from './driver-errors.js'

export interface CommandMonitor {
  readonly observer: Pick<Observer, 'databaseCommandEnded'>
  /** In milliseconds; never goes backwards. */
  readonly monotonicNow: () => number
}

/** The command that a method of a collection sends. */
const commandOfMethod = new Map<unknown, DatabaseCommandName>([
  ['find', 'find'],
  ['findOne', 'find'],
  ['insertMany', 'insert'],
  ['updateOne', 'update'],
  ['findOneAndUpdate', 'findAndModify'],
  ['countDocuments', 'aggregate'],
])

/**
 * The collection or database, with every command observed. Not by the driver's own command monitoring: with that, the driver decodes
 * each reply of `find` a second time.
 */
export function monitored<Target extends object>(target: Target, monitor: CommandMonitor): Target {
  return new Proxy(target, {
    get(_, name) {
      const method: unknown = Reflect.get(target, name, target)
      if (typeof method !== 'function') return method
      return (...parameters: readonly unknown[]) => {
        const start = monitor.monotonicNow()
        const result: unknown = method.apply(target, parameters)
        const command = commandOfMethod.get(name) ?? commandIn(parameters)
        if (result instanceof Promise) monitorEnd(result, command, start, monitor)
        else if (result instanceof AbstractCursor) monitorCursor(result, command, monitor)
        return result
      }
    },
  })
}

/** The command that is a parameter itself: its name is its first key. */
function commandIn([command]: readonly unknown[]): DatabaseCommandName {
  const [name] = Object.keys(Object(command))
  return databaseCommands.find((known) => known === name) ?? 'other'
}

/** A cursor sends its command when it is read. */
function monitorCursor(cursor: AbstractCursor<unknown>, command: DatabaseCommandName, monitor: CommandMonitor): void {
  const read = cursor.toArray.bind(cursor)
  cursor.toArray = () => {
    const start = monitor.monotonicNow()
    const result = read()
    monitorEnd(result, command, start, monitor)
    return result
  }
}

function monitorEnd(
  result: Promise<unknown>,
  command: DatabaseCommandName,
  start: number,
  { observer, monotonicNow }: CommandMonitor,
): void {
  const end = (outcome: DatabaseOutcome) =>
    observer.databaseCommandEnded({ command, outcome, durationMs: monotonicNow() - start })
  result.then(
    () => end('ok'),
    (error: unknown) => end(isUnavailable(error) ? 'failed' : 'refused'),
  )
}

/** Reports the connections of the driver's pool. Those by which the driver watches the members are not in the pool. */
export function monitorConnections(client: MongoClient, observer: Pick<Observer, 'databaseConnectionChanged'>): void {
  client.on('connectionCreated', () => observer.databaseConnectionChanged('opened'))
  client.on('connectionClosed', () => observer.databaseConnectionChanged('closed'))
  client.on('connectionCheckedOut', () => observer.databaseConnectionChanged('acquired'))
  client.on('connectionCheckedIn', () => observer.databaseConnectionChanged('released'))
}
