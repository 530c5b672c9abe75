import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorCatalog } from '../../../src/errors/catalog.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import {
  batchKinds,
  callerLimits,
  connectionLimits,
  databaseCommands,
  databaseOutcomes,
  deliveryChannels,
  deliveryOutcomes,
  verificationResults,
  watchedFiles,
} from '../../../src/telemetry/observer.js'
import { makeCalls } from '../../support/calls-of-every-kind.js'
import { increased, labelValuesOf, readMetrics, seriesOf } from '../../support/metrics-page.js'
import { storeQueued } from '../../support/queued-contacts.js'
import { startReceivers } from '../../support/receivers.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'

const pageOf = ({ app }: RunningService) => readMetrics(app.adminAddress)
const get = 'grpc_service="messagecontacts.v1.MessageContactService",grpc_method="GetMessageContact"'

/** The labels of these metrics, and of those of prom-client, with all values that they may have. */
const labelValues: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  grpc_service: [MessageContactService.typeName, 'unknown'],
  grpc_method: [...MessageContactService.methods.map(({ name }) => name), 'unknown'],
  grpc_code: [/^(OK|[A-Z][A-Za-z]{5,17})$/],
  reason: Object.keys(errorCatalog),
  limit: [...connectionLimits, ...callerLimits],
  batch: batchKinds,
  command: databaseCommands,
  outcome: [...databaseOutcomes, ...deliveryOutcomes],
  state: ['open', 'in_use'],
  channel: deliveryChannels,
  result: verificationResults,
  file: watchedFiles,
  version: [/^v?\d+\.\d+\.\d+$/],
  le: [/^(\d+(\.\d+)?|\+Inf)$/],
  major: [/^\d+$/],
  minor: [/^\d+$/],
  patch: [/^\d+$/],
  kind: [/^\w+$/],
  space: [/^\w+$/],
  type: [/^\w+$/],
}

describe('the page of a busy service', () => {
  let receivers: Awaited<ReturnType<typeof startReceivers>>
  let service: RunningService
  let page: string
  /** What callers sent, and what was made for them. */
  const ofCallers: string[] = []
  beforeAll(async () => {
    receivers = await startReceivers()
    // Each add takes another slot: one that is taken would cost a second insert.
    let slot = 0
    const randomInt = (max: number) => slot++ % max
    const environment = { ...receivers.settings, ADMIN_LISTEN: '127.0.0.1:0' }
    service = await startService({ environment, dependencies: { randomInt } })
    ofCallers.push(...(await makeCalls(service)))
    page = await pageOf(service)
  })
  afterAll(() => service.stop())

  test('has nothing that a caller sent, and nothing that was made for one', () => {
    // A number may have the digits of a code by chance.
    const withoutNumbers = page.replaceAll(/^([^#].*) \S+$/gm, '$1')
    const found = ofCallers.filter((value) => withoutNumbers.includes(value))
    expect(ofCallers.every((value) => value.length > 5)).toBe(true)
    expect(found).toEqual([])
  })

  test('has no label without a closed set of values', () => {
    const others = [...labelValuesOf(page)].flatMap(([label, values]) =>
      [...values]
        .filter(
          (value) =>
            !labelValues[label]?.some((known) => (known instanceof RegExp ? known.test(value) : known === value)),
        )
        .map((value) => `${label}="${value}"`),
    )
    expect(others).toEqual([])
  })

  test('counts calls and refusals', () => {
    const method = (name: string) => `grpc_service="${MessageContactService.typeName}",grpc_method="${name}"`
    expect(increased(seriesOf(page, 'grpc_server_handled_total'))).toEqual({
      [`${method('AddMessageContact')},grpc_code="OK"`]: 3,
      [`${method('AddMessageContact')},grpc_code="AlreadyExists"`]: 1,
      [`${method('GetMessageContact')},grpc_code="OK"`]: 1,
      [`${method('ListMessageContacts')},grpc_code="OK"`]: 1,
      [`${method('UpdateMessageContact')},grpc_code="OK"`]: 1,
      [`${method('DeleteMessageContact')},grpc_code="OK"`]: 1,
      [`${method('SendEmailVerificationForMessageContact')},grpc_code="OK"`]: 1,
      [`${method('SendPhoneVerificationForMessageContact')},grpc_code="OK"`]: 1,
      [`${method('ConfirmMessageContactVerification')},grpc_code="OK"`]: 1,
      [`${method('ConfirmMessageContactVerification')},grpc_code="FailedPrecondition"`]: 1,
      'grpc_service="unknown",grpc_method="unknown",grpc_code="Unimplemented"': 1,
    })
    expect(increased(seriesOf(page, 'messagecontacts_errors_total'))).toEqual({
      'reason="INVALID_PARAMETER_NAME_ALREADY_USED"': 1,
      'reason="VERIFICATION_CODE_INCORRECT"': 1,
    })
  })

  test('counts verifications and deliveries by channel', () => {
    expect(increased(seriesOf(page, 'messagecontacts_verifications_total'))).toEqual({
      'channel="email",result="requested"': 1,
      'channel="email",result="incorrect"': 1,
      'channel="email",result="verified"': 1,
      'channel="sms",result="requested"': 1,
    })
    expect(increased(seriesOf(page, 'messagecontacts_deliveries_total'))).toEqual({
      'channel="email",outcome="sent"': 1,
      'channel="sms",outcome="sent"': 1,
    })
  })

  test('measures batches and the commands of the database', () => {
    expect(seriesOf(page, 'messagecontacts_batch_size_sum')['batch="insert"']).toBe(4)
    const commands = seriesOf(page, 'messagecontacts_database_command_seconds_count')
    expect(commands['command="insert",outcome="ok"']).toBeGreaterThan(0)
    expect(commands['command="insert",outcome="refused"']).toBe(1)
    expect(commands['command="delete",outcome="ok"']).toBe(1)
    expect(Object.keys(increased(commands)).filter((labels) => labels.includes('failed'))).toEqual([])
  })

  test('has the connections that are open', async () => {
    expect(seriesOf(page, 'messagecontacts_connections')).toEqual({ '': 1 })
    expect(seriesOf(page, 'messagecontacts_database_connections')['state="open"']).toBeGreaterThan(0)
    service.client.close()
    await until('it is closed', async () => seriesOf(await pageOf(service), 'messagecontacts_connections')[''] === 0)
  })
})

test('the page of an idle service has every series of a known method at 0, serves, and has no delivery due', async () => {
  const service = await startService({ environment: { ADMIN_LISTEN: '127.0.0.1:0' } })
  const page = await pageOf(service)
  await service.stop()
  expect(seriesOf(page, 'grpc_server_started_total')[get]).toBe(0)
  for (const name of ['grpc_server_started_total', 'grpc_server_handled_total', 'messagecontacts_errors_total'])
    expect(increased(seriesOf(page, name))).toEqual({})
  expect(seriesOf(page, 'messagecontacts_serving')).toEqual({ '': 1 })
  expect(seriesOf(page, 'messagecontacts_delivery_queue_oldest_seconds')).toEqual({ '': 0 })
})

test('a delivery that no process sends has an age', async () => {
  const service = await startService({ environment: { ADMIN_LISTEN: '127.0.0.1:0' } })
  const addresses = { emailAddress: 'tom@example.com', phoneNumber: '86-13900001234' }
  // Due since a minute ago.
  await storeQueued(service.collection, [{ directoryId: 'rd-1', ...addresses, due: ['email'] }])
  const age = seriesOf(await pageOf(service), 'messagecontacts_delivery_queue_oldest_seconds')['']
  await service.stop()
  expect(age).toBeGreaterThanOrEqual(60)
  expect(age).toBeLessThan(120)
})
