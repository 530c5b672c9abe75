import { expect, inject, onTestFinished } from 'vitest'
import type { Verification } from '../../src/addresses/address.js'
import type { DeliveryState } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type { Channel } from '../../src/messaging/message.js'
import { addRequest, type CallOptions, ContactsClient } from './client.js'
import { contactsIn } from './own-database.js'
import { uniqueName } from './running-service.js'
import { type LogLine, ServiceProcess } from './service-process.js'
import { until } from './waiting.js'

const emailAddress = 'tom@example.com'
const phoneNumber = '86-13900001234'

/**
 * One contact in a database that no other test uses, a code that is sent to it, and the service processes that send it.
 */
export class DeliveryScenario {
  readonly #database = uniqueName('delivery')
  readonly #directoryId = uniqueName('rd')
  readonly #contacts = contactsIn(inject('mongodbUri'), this.#database)
  #contactId = ''

  /** Starts a process with these settings. `uri` is that of a proxy before the database. Killed after the test. */
  async start(settings: Readonly<Record<string, string>>, uri = inject('mongodbUri')): Promise<ServiceProcess> {
    const environment = { MONGODB_URI: uri, MONGODB_DATABASE: this.#database, LOG_LEVEL: 'debug', ...settings }
    const service = await ServiceProcess.start({ environment })
    onTestFinished(() => service.kill())
    return service
  }

  /** Adds the contact and requests a code for one of its addresses. */
  requestCode(service: ServiceProcess, channel: Channel): Promise<void> {
    return this.#call(service, async (client, options) => {
      const { response } = await client.addMessageContact(addRequest({ emailAddress, phoneNumber }), options)
      const contactId = response.contact?.contactId ?? expect.fail('no contact')
      this.#contactId = contactId
      if (channel === 'email') await client.sendEmailVerificationForMessageContact({ contactId, emailAddress }, options)
      else await client.sendPhoneVerificationForMessageContact({ contactId, phoneNumber }, options)
    })
  }

  /** The delivery state that callers see. */
  async listedState(service: ServiceProcess): Promise<DeliveryState | undefined> {
    const request = { contactId: this.#contactId }
    const { response } = await this.#call(service, (client, options) =>
      client.listMessageContactVerifications(request, options),
    )
    return response.verifications.find(({ sendDate }) => sendDate !== undefined)?.deliveryState
  }

  async storedVerification(): Promise<Verification> {
    const contact = await this.#contacts.findOne({ _id: this.#contactId })
    return contact?.email.verification ?? contact?.phone?.verification ?? expect.fail('no verification is stored')
  }

  /** Waits until these fields of the stored verification have these values, and gives all of it. */
  async untilStored(fields: Partial<Verification>): Promise<Verification> {
    const hasFields = async () => {
      const stored: Partial<Record<string, unknown>> = { ...(await this.storedVerification()) }
      return Object.entries(fields).every(([name, value]) => stored[name] === value)
    }
    await until(`stored: ${JSON.stringify(fields)}`, hasFields)
    return this.storedVerification()
  }

  /** Ends the lease of the email's claim, as a minute would, so that another process can claim it. */
  async endLease(): Promise<void> {
    const past = new Date(Date.now() - 1000)
    const { modifiedCount } = await this.#contacts.updateOne(
      { _id: this.#contactId, 'email.verification.dueDate': { $type: 'date' } },
      { $set: { 'email.verification.dueDate': past, deliveryDueDate: past } },
    )
    expect(modifiedCount).toBe(1)
  }

  async #call<Result>(
    service: ServiceProcess,
    call: (client: ContactsClient, options: CallOptions) => Promise<Result>,
  ): Promise<Result> {
    const client = new ContactsClient(service.address)
    try {
      return await call(client, { directoryId: this.#directoryId })
    } finally {
      client.close()
    }
  }
}

/** The log lines of the delivery worker. Asserts that nothing in the whole log identifies the recipient. */
export function deliveryLines(service: ServiceProcess): readonly Partial<LogLine>[] {
  for (const text of [emailAddress, 'example.com', '13900001234', 'Tom']) expect(service.output()).not.toContain(text)
  const lines = service.lines().filter(({ msg }) => msg === 'delivery attempt' || msg === 'delivery worker failed')
  return lines.map(({ level, channel, outcome, attempt, cause }) => ({
    level,
    channel,
    outcome,
    attempt,
    ...(cause !== undefined && { cause: (cause as { readonly code?: unknown }).code }),
  }))
}
