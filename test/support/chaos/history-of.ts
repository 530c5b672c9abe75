import type { CallOutcome, CallRecord, CallRequest, History, MessageRecord, SeenContact } from './history.js'

// Short forms for histories that a test writes down. Each call takes 10 milliseconds and is over when the next one begins, unless it says more.

export const directoryId = 'rd-1'
const contactId = 'c-1'
const emailAddress = 'a1@chaos.example'

/** A history with these calls, and nothing else unless it is given. */
export const historyOf = (calls: readonly CallRecord[], more: Partial<History> = {}): History => ({
  rules: {
    contactsPerDirectory: 2,
    codeTtlMs: 90_000,
    messagesPerAddressPerMinute: 2,
    emailsPerDirectoryPerDay: 5,
  },
  calls,
  messages: [],
  kills: [],
  pauses: [],
  stored: [],
  storedTime: 0,
  ...more,
})

/** The contact as it is added, with these differences. */
export const tom = (differences: Partial<SeenContact> = {}): SeenContact => ({
  contactId,
  revision: 1,
  name: 'Tom',
  emailAddress,
  title: 1,
  isEmailVerified: false,
  pendingEmailAddress: '',
  ...differences,
})

/** Another contact. */
export const ann = (differences: Partial<SeenContact> = {}): SeenContact =>
  tom({ contactId: 'c-2', name: 'Ann', emailAddress: 'a2@chaos.example', ...differences })

/** A call that begins at `id * 100`. */
export const call = (
  id: number,
  request: CallRequest,
  outcome: CallOutcome | readonly SeenContact[] | string,
  more: Partial<CallRecord> = {},
): CallRecord => ({
  id,
  directoryId,
  request,
  startTime: id * 100,
  endTime: id * 100 + 10,
  deadline: id * 100 + 1000,
  outcome: outcomeOf(outcome),
  ...more,
})

/** Contacts stand for an answer with them, a word for a refusal with this reason. */
function outcomeOf(outcome: CallOutcome | readonly SeenContact[] | string): CallOutcome {
  if (typeof outcome === 'string') return { kind: 'refused', reason: outcome }
  return 'kind' in outcome ? outcome : { kind: 'answered', contacts: outcome }
}

export const lost: CallOutcome = { kind: 'lost' }

/** The request that adds such a contact. */
export const add = ({ name, emailAddress, title }: SeenContact, clientToken?: string): CallRequest => ({
  operation: 'add',
  name,
  emailAddress,
  title,
  ...(clientToken !== undefined && { clientToken }),
})
export const get: CallRequest = { operation: 'get', contactId }
export const list: CallRequest = { operation: 'list' }
export const remove: CallRequest = { operation: 'delete', contactId }
export const update = (change: Partial<CallRequest & { operation: 'update' }>): CallRequest => ({
  operation: 'update',
  contactId,
  ...change,
})
export const send: CallRequest = { operation: 'send', contactId, emailAddress }
export const confirm = (code = '123456'): CallRequest => ({ operation: 'confirm', contactId, emailAddress, code })

/** The answer to a request for a code. */
export const requested: CallOutcome = { kind: 'answered', contacts: [], expireTime: 90_000 }

/** A message with the code of the contact, accepted at `time`. */
export const message = (time: number, differences: Partial<MessageRecord> = {}): MessageRecord => ({
  reference: 'v-1',
  address: emailAddress,
  code: '123456',
  process: 'A',
  time,
  isAnswerLost: false,
  ...differences,
})
