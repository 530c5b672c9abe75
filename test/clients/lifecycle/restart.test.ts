import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { create, type DescMethodUnary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { addRequest, ContactsClient } from '../../support/client.js'
import { findGoProgram, findPython, needs } from '../../support/clients/programs.js'
import {
  type RepeatedCalls,
  type RepeatingClient,
  repeatWithGrpcJs,
  repeatWithProgram,
} from '../../support/clients/restart-loop.js'
import { FixedAddress } from '../../support/fixed-address.js'
import { uniqueName } from '../../support/running-service.js'
import { ServiceProcess } from '../../support/service-process.js'
import { until } from '../../support/waiting.js'

const supportFile = (name: string) => fileURLToPath(new URL(`../../support/clients/${name}`, import.meta.url))
const serviceConfig = readFileSync(new URL('../../../proto/service-config.json', import.meta.url), 'utf8')

/** How long there is no service, in milliseconds. */
const absenceMs = 3000
const directoryId = 'rd-1'
const { getMessageContact, listMessageContacts, updateMessageContact } = MessageContactService.method

function encoded<Method extends DescMethodUnary>(method: Method, request: MessageInitShape<Method['input']>) {
  const path = `/${method.parent.typeName}/${method.name}`
  return { path, request: Buffer.from(toBinary(method.input, create(method.input, request))) }
}

const updateTitle = (contactId: string, title: Title) =>
  encoded(updateMessageContact, { contactId, title, updateMask: { paths: ['title'] } })

/** A service whose process can be replaced, and calls for a contact in it. */
async function startRestartable() {
  const environment = { MONGODB_URI: inject('mongodbUri'), MONGODB_DATABASE: uniqueName('restart') }
  const startProcess = async () => {
    const process = await ServiceProcess.start({ environment })
    onTestFinished(() => process.kill())
    return process
  }
  const front = new FixedAddress()
  let service = await startProcess()
  await front.open(service.address)
  onTestFinished(() => front.close())

  const { address } = front
  const client = new ContactsClient(address)
  const { response } = await client.addMessageContact(addRequest(), { directoryId })
  client.close()
  const contactId = response.contact?.contactId ?? expect.fail('no contact')
  const calls = [
    encoded(getMessageContact, { contactId }),
    updateTitle(contactId, Title.CEO),
    encoded(listMessageContacts, {}),
    updateTitle(contactId, Title.TECHNICAL_DIRECTOR),
  ]
  const repeated: RepeatedCalls = { address, serviceConfig, directoryId, calls }
  const restart = async () => {
    // Started before, so that the absence does not depend on how busy the machine is.
    const next = await startProcess()
    service.signal('SIGTERM')
    expect(await service.exit()).toBe(0)
    front.close()
    await pause(absenceMs)
    await front.open(next.address)
    service = next
  }
  return { repeated, restart }
}

async function moreRounds(client: RepeatingClient): Promise<void> {
  const before = client.rounds()
  await until('the client made all calls twice', () => client.rounds() >= before + 2)
}

describe('a client with the service config notices no restart of 3 seconds', () => {
  const python = needs(() => findPython('python-client', supportFile('requirements.txt')))
  const go = needs(() => findGoProgram('restart-loop', supportFile('restart-loop')))

  test.each<[language: string, start: (calls: RepeatedCalls) => RepeatingClient]>([
    ['TypeScript (grpc-js)', repeatWithGrpcJs],
    ['Python', (calls) => repeatWithProgram(python(), [supportFile('restart_loop.py')], calls)],
    ['Go', (calls) => repeatWithProgram(go(), [], calls)],
  ])('in %s', async (_, start) => {
    const { repeated, restart } = await startRestartable()
    const client = start(repeated)
    for (let times = 0; times < 2; times += 1) {
      await moreRounds(client)
      await restart()
    }
    await moreRounds(client)
    expect((await client.stop()).slice(0, 5)).toEqual([])
  })
})
