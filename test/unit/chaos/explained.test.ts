import { expect, test } from 'vitest'
import { explained } from '../../support/chaos/explain.js'
import { add, call, historyOf, message, tom } from '../../support/chaos/history-of.js'
import { WireLog } from '../../support/chaos/wire-log.js'
import type { Command } from '../../support/wire-proxy.js'

const contactId = 'c-0123456789abcdef'
const command = (name: string, body: Command['body'], documents: Command['documents'] = []): Command => ({
  connection: 3,
  name,
  body,
  documents,
})

/** A log of process A in which each command takes 10 milliseconds. */
function startLog() {
  let time = 0
  const log = new WireLog('A', () => (time += 10))
  return {
    log,
    pass(sent: Command, reply: Command['body']) {
      log.commandArrived(sent)
      log.commandJudged(sent, 'pass')
      log.commandAnswered(sent, reply)
    },
  }
}

test('a log keeps which contacts a command is about, its conditions, and what the database answered; and no other fields', () => {
  const { log, pass } = startLog()
  const contact = { _id: contactId, directoryId: 'rd-1', version: 1, email: { address: 'a1@chaos.example' } }
  pass(
    command(
      'insert',
      { insert: 'message_contacts', txnNumber: 7, lsid: { id: 'x' }, $db: 'chaos', $readPreference: {} },
      [contact],
    ),
    {
      ok: 1,
      n: 0,
      writeErrors: [{ index: 0, code: 11000, errmsg: 'a name' }],
      operationTime: 5,
    },
  )
  const filter = { _id: { $in: [contactId] }, directoryId: { $in: ['rd-1'] } }
  pass(command('find', { find: 'message_contacts', filter }), { ok: 1, cursor: { firstBatch: [contact], id: 0 } })
  const kept = { _id: contactId, directoryId: 'rd-1', version: 1 }
  expect(log.records).toEqual([
    {
      process: 'A',
      connection: 3,
      name: 'insert',
      time: 10,
      command: { txnNumber: 7, documents: [kept] },
      verdict: 'pass',
      replyTime: 20,
      reply: { ok: 1, n: 0, writeErrors: [{ index: 0, code: 11000 }] },
    },
    {
      process: 'A',
      connection: 3,
      name: 'find',
      time: 30,
      command: { filter },
      verdict: 'pass',
      replyTime: 40,
      reply: { ok: 1, cursor: { firstBatch: [kept] } },
    },
  ])
})

test('a log shows a command whose connection was cut, and one that is held back', () => {
  const { log } = startLog()
  const [cut, held, answered] = ['update', 'delete', 'find'].map((name) => command(name, {})) as [
    Command,
    Command,
    Command,
  ]
  for (const sent of [cut, held, answered]) log.commandArrived(sent)
  log.commandJudged(cut, 'cut before')
  log.commandJudged(answered, { reply: { ok: 0 } })
  expect(log.records.map(({ name, verdict, reply }) => [name, verdict, reply])).toEqual([
    ['update', 'cut before', undefined],
    ['delete', undefined, undefined],
    ['find', 'answered by the proxy', undefined],
  ])
})

test('a violation is shown with the calls, messages and commands about its contact, and the calls that it names, by time', () => {
  const { log, pass } = startLog()
  pass(command('delete', { deletes: [{ q: { _id: contactId } }] }), { ok: 1, n: 1 })
  pass(command('delete', { deletes: [{ q: { _id: 'c-another000000000' } }] }), { ok: 1, n: 1 })
  const seen = tom({ contactId })
  const history = historyOf(
    [call(1, add(seen), [seen]), call(2, { operation: 'get', contactId: 'c-another000000000' }, [])],
    {
      messages: [message(150), message(250, { address: 'a2@chaos.example' })],
    },
  )
  const lines = explained(`call 1 did not find ${contactId}`, history, log.records).split('\n')
  const [deletion] = log.records
  const [addition] = history.calls
  const [sent] = history.messages
  expect(lines).toEqual([
    `call 1 did not find ${contactId}`,
    ...[deletion, addition, sent].map((record) => JSON.stringify(record)),
  ])
})
