import { expect } from 'vitest'
import { buildReference } from '../../../dev/explorer/build-reference.js'
import { projectFiles } from '../../../dev/explorer/project-files.js'
import type { JsonObject, Operation, Reference } from '../../../dev/explorer/reference.js'
import type { CodeCall } from '../../../explorer/src/code/code-call.js'
import { codeFor, codeLanguages } from '../../../explorer/src/code/languages.js'
import { projectZip } from '../../../explorer/src/code/project.js'
import { Directory } from '../directory.js'
import { type RunningService, uniqueName } from '../running-service.js'
import type { ProgramResult } from './outside-client.js'

const reference: Reference = buildReference()

/** Where snippets call, and in which directory. */
interface SnippetTarget {
  /** `host:port` of gRPC. */
  readonly address: string
  /** `host:port` of HTTP. */
  readonly httpAddress: string
  readonly directory: string
}

/** The example of an operation with these values, for which the explorer writes code. */
const callOf = (operation: Operation, values: JsonObject, target: SnippetTarget): CodeCall => ({
  service: reference.service,
  operation,
  enums: reference.enums,
  request: { ...operation.example, ...values },
  directory: target.directory,
  hasToken: false,
  deadlineMs: 20_000,
  grpcAddress: target.address,
  httpOrigin: `http://${target.httpAddress}`,
})

const languageOf = (id: string) =>
  codeLanguages.find((language) => language.id === id) ?? expect.fail(`no code in ${id}`)

/** The zip file that the explorer gives people for the example of an operation, to run in a new directory. */
export function exampleProject(languageId: string, operationName: string, { app }: RunningService): Uint8Array {
  const operation = reference.operations.find(({ name }) => name === operationName) ?? expect.fail('no such operation')
  const target = { address: app.address, httpAddress: app.httpAddress ?? '', directory: uniqueName('rd') }
  return projectZip(languageOf(languageId), callOf(operation, {}, target), projectFiles())
}

/** How the program of an operation ends, and a text that it prints. */
interface Outcome {
  readonly operation: string
  readonly exitCode: number
  readonly text: RegExp
}

const succeeds = (operation: string, text: RegExp): Outcome => ({ operation, exitCode: 0, text })
/** The reason comes first: programs have found it in the details. */
const isRefused = (operation: string, reason: string): Outcome => ({
  operation,
  exitCode: 1,
  text: new RegExp(`^(refused: )?${reason}\\b`, 'm'),
})

/** The operations in an order in which each one finds the contact as it needs it. */
const outcomes: readonly Outcome[] = [
  succeeds('AddMessageContact', /c-\w{16}/),
  succeeds('GetMessageContact', /c-\w{16}/),
  succeeds('ListMessageContacts', /c-\w{16}/),
  succeeds('ListMessageContactVerifications', /CHANNEL_EMAIL/),
  succeeds('SendEmailVerificationForMessageContact', /(expireDate|expire_date)/),
  succeeds('SendPhoneVerificationForMessageContact', /(expireDate|expire_date)/),
  isRefused('ConfirmMessageContactVerification', 'VERIFICATION_CODE_INCORRECT'),
  succeeds('UpdateMessageContact', /TITLE_CEO/),
  isRefused('CancelMessageContactUpdate', 'CONTACT_STATUS_MISMATCH_ACTION'),
  succeeds('DeleteMessageContact', /DELETED/),
]

/** The code of every operation by its name, for a directory with one contact, and of an Add to it. */
export async function allSnippets(language: string, service: RunningService): Promise<ReadonlyMap<string, string>> {
  const directory = new Directory(service)
  const { contactId, emailAddress, phoneNumber } = await directory.add({ name: 'Tim' })
  const { address, httpAddress = '' } = service.app
  const target = { address, httpAddress, directory: directory.id }
  return new Map(
    reference.operations.map((operation) => {
      const has = (name: string) => name in operation.example && operation.name !== 'AddMessageContact'
      const values = {
        ...(has('contactId') && { contactId }),
        ...(has('emailAddress') && { emailAddress }),
        ...(has('phoneNumber') && { phoneNumber }),
      }
      return [operation.name, codeFor(languageOf(language), callOf(operation, values, target))]
    }),
  )
}

/** Runs the code of every operation, and expects of each what the service answers. */
export async function expectOutcomes(
  snippets: ReadonlyMap<string, string>,
  run: (name: string) => Promise<ProgramResult>,
) {
  expect(outcomes.map(({ operation }) => operation).toSorted()).toEqual([...snippets.keys()].toSorted())
  for (const { operation, exitCode, text } of outcomes) {
    const result = await run(operation)
    expect([operation, result.exitCode, result.err + result.out]).toEqual([
      operation,
      exitCode,
      expect.stringMatching(text),
    ])
  }
}
