import { AbstractCursor, type Collection, Db, type Document, type MongoClient } from 'mongodb'
import {
  type DatabaseCommand,
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

/** A command and where it goes. */
type SentCommand = Pick<DatabaseCommand, 'command' | 'database' | 'collection'>

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
        if (result instanceof Promise) monitorEnd(result, sentBy(target, name, parameters), start, monitor)
        else if (result instanceof AbstractCursor) monitorCursor(result, sentBy(target, name, parameters), monitor)
        return result
      }
    },
  })
}

function sentBy(target: object, method: unknown, [command]: readonly unknown[]): SentCommand {
  if (target instanceof Db) return sentAsIs(Object(command), target.databaseName)
  const { dbName: database, collectionName: collection } = target as Collection
  return { command: commandOfMethod.get(method) ?? 'other', database, collection }
}

/** A command as it is sent: its name is the first key, and as a rule the collection is the value of that. */
function sentAsIs(sent: Document, database: string): SentCommand {
  const [name = ''] = Object.keys(sent)
  const command = databaseCommands.find((known) => known === name)
  if (command === undefined) return { command: 'other', database }
  if (command !== 'bulkWrite') return { command, database, collection: sent[name] }
  const [of, collection] = sent['nsInfo'][0].ns.split('.')
  return { command, database: of, collection }
}

/** A cursor sends its command when it is read. */
function monitorCursor(cursor: AbstractCursor<unknown>, command: SentCommand, monitor: CommandMonitor): void {
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
  command: SentCommand,
  start: number,
  { observer, monotonicNow }: CommandMonitor,
): void {
  const end = (outcome: DatabaseOutcome, cause?: unknown) =>
    observer.databaseCommandEnded({ ...command, outcome, durationMs: monotonicNow() - start, cause })
  result.then(
    () => end('ok'),
    (error: unknown) => end(isUnavailable(error) ? 'failed' : 'refused', error),
  )
}

/** Reports the connections of the driver's pool. Those by which the driver watches the members are not in the pool. */
export function monitorConnections(client: MongoClient, observer: Pick<Observer, 'databaseConnectionChanged'>): void {
  client.on('connectionCreated', () => observer.databaseConnectionChanged('opened'))
  client.on('connectionClosed', () => observer.databaseConnectionChanged('closed'))
  client.on('connectionCheckedOut', () => observer.databaseConnectionChanged('acquired'))
  client.on('connectionCheckedIn', () => observer.databaseConnectionChanged('released'))
}
