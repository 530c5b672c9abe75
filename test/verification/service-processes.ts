import { expect, inject, onTestFinished } from 'vitest'
import type { Verification } from '../../src/contacts/contact.js'
import type { DeliveryState } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest, ContactsClient } from '../client.js'
import { contactsIn } from '../process/own-database.js'
import { type LogLine, ServiceProcess } from '../process/service-process.js'
import { until } from '../rpc/toy-service.js'
import { uniqueName } from '../service/running-service.js'

const emailAddress = 'tom@example.com'
const phoneNumber = '86-13900001234'

/** A contact of a directory of its own, in a database of its own, whichever processes serve it. */
export class FaultyWay {
  readonly #database = uniqueName('faults')
  readonly #directoryId = uniqueName('rd')
  readonly #contacts = contactsIn(inject('mongodbUri'), this.#database)
  #contactId = ''

  /** A process that sends as these settings say; `uri` where something stands before its database. */
  async start(settings: Readonly<Record<string, string>>, uri = inject('mongodbUri')): Promise<ServiceProcess> {
    const environment = { MONGODB_URI: uri, MONGODB_DATABASE: this.#database, LOG_LEVEL: 'debug', ...settings }
    const service = await ServiceProcess.start({ environment })
    onTestFinished(() => service.kill())
    return service
  }

  /** Adds the contact and asks for a code for its mail address, or by text message for its number. */
  async ask(service: ServiceProcess, channel: 'EMAIL' | 'PHONE'): Promise<void> {
    await this.#through(service, async (client, facts) => {
      const { response } = await client.addMessageContact(addRequest({ emailAddress, phoneNumber }), facts)
      this.#contactId = response.contact?.contactId ?? expect.fail('no contact')
      const contactId = this.#contactId
      if (channel === 'EMAIL') await client.sendEmailVerificationForMessageContact({ contactId, emailAddress }, facts)
      else await client.sendPhoneVerificationForMessageContact({ contactId, phoneNumber }, facts)
    })
  }

  /** What callers see of the delivery. */
  async listed(service: ServiceProcess): Promise<DeliveryState | undefined> {
    const request = { contactId: this.#contactId }
    const { response } = await this.#through(service, (client, facts) =>
      client.listMessageContactVerifications(request, facts),
    )
    return response.verifications.find(({ sendDate }) => sendDate !== undefined)?.deliveryState
  }

  /** What is stored of the delivery. */
  async stored(): Promise<Verification> {
    const contact = await this.#contacts.findOne({ _id: this.#contactId })
    return contact?.emailVerification ?? contact?.phoneVerification ?? expect.fail('no code is stored')
  }

  async becomes(wanted: Partial<Verification>): Promise<Verification> {
    const fits = async () => {
      const stored: Partial<Record<string, unknown>> = { ...(await this.stored()) }
      return Object.entries(wanted).every(([name, value]) => stored[name] === value)
    }
    await until(JSON.stringify(wanted), fits, 20_000)
    return this.stored()
  }

  /** The claim has run out, as it would in a minute; a process may look at once. */
  async runOut(): Promise<void> {
    const past = new Date(Date.now() - 1000)
    const { modifiedCount } = await this.#contacts.updateOne(
      { _id: this.#contactId, 'emailVerification.dueDate': { $type: 'date' } },
      { $set: { 'emailVerification.dueDate': past, deliveryDueDate: past } },
    )
    expect(modifiedCount).toBe(1)
  }

  async #through<Result>(
    service: ServiceProcess,
    work: (client: ContactsClient, facts: { directoryId: string }) => Promise<Result>,
  ): Promise<Result> {
    const client = new ContactsClient(service.address)
    try {
      return await work(client, { directoryId: this.#directoryId })
    } finally {
      client.close()
    }
  }
}

/** The lines about deliveries, and that nothing in the whole log says to whom. */
export function deliveriesIn(service: ServiceProcess): readonly Partial<LogLine>[] {
  for (const text of [emailAddress, 'example.com', '13900001234', 'Tom']) expect(service.output()).not.toContain(text)
  const lines = service.lines().filter(({ msg }) => msg === 'delivered' || msg === 'deliveries wait')
  return lines.map(({ level, state, attempts, cause }) => ({
    ...{ level, state, attempts },
    ...(cause !== undefined && { cause: (cause as { readonly code?: unknown }).code }),
  }))
}
