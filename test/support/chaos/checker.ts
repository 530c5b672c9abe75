import { checkCalls } from './check-calls.js'
import { checkContacts } from './check-contacts.js'
import { checkMessages } from './check-messages.js'
import { evidenceOf } from './evidence.js'
import type { History } from './history.js'

/**
 * What in a history contradicts the contract, one sentence each; empty if nothing does. It knows the contract and not the service. A call whose
 * outcome is open may have been carried out, at any time after its start, or not at all: nothing is reported that one of these explains.
 */
export function violationsOf(history: History): readonly string[] {
  const evidence = evidenceOf(history)
  return [...checkContacts(history, evidence), ...checkCalls(history, evidence), ...checkMessages(history, evidence)]
}
