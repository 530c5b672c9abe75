import type { Collection } from 'mongodb'
import type { Contact } from '../../src/contacts/contact.js'
import type { Command, Verdict, WireProxy } from './wire-proxy.js'

/**
 * From now on every insert into the directory finds its slot occupied, although it was free when it was chosen: just before the insert,
 * the directory's first contact moves there. Gives the names of the directory's commands, in order.
 */
export function startRival(proxy: WireProxy, contacts: Collection<Contact>, directoryId: string): readonly string[] {
  const commands: string[] = []
  proxy.watch(async (command): Promise<Verdict> => {
    if (!concerns(command, directoryId)) return 'pass'
    commands.push(command.name)
    if (command.name === 'insert') await occupy(command.documents[0]?.['slot'] as number)
    return 'pass'
  })
  const occupy = async (slot: number) => {
    if (!(await contacts.findOne({ directoryId, slot }))) await contacts.updateOne({ directoryId }, { $set: { slot } })
  }
  return commands
}

const concerns = ({ body, documents }: Command, directoryId: string): boolean =>
  body['filter']?.directoryId.$in?.includes(directoryId) ||
  documents.some((part) => part['directoryId'] === directoryId)
