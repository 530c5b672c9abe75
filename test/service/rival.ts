import type { Collection } from 'mongodb'
import type { Contact } from '../../src/contacts/contact.js'
import type { Command, Verdict, WireProxy } from '../wire-proxy.js'

/**
 * From now on, whichever free place of the directory an insert asks for: the directory's first contact has moved there a moment before.
 * Gives the names of the directory's commands, as they come.
 */
export function sendRival(proxy: WireProxy, contacts: Collection<Contact>, directoryId: string): readonly string[] {
  const commands: string[] = []
  proxy.watch(async (command): Promise<Verdict> => {
    if (!concerns(command, directoryId)) return 'pass'
    commands.push(command.name)
    if (command.name === 'insert') await moveTo(command.documents[0]?.['slot'] as number)
    return 'pass'
  })
  const moveTo = async (slot: number) => {
    if (!(await contacts.findOne({ directoryId, slot }))) await contacts.updateOne({ directoryId }, { $set: { slot } })
  }
  return commands
}

function concerns({ body, documents }: Command, directoryId: string): boolean {
  return [body['filter'], ...documents].some((part) => part?.['directoryId'] === directoryId)
}
