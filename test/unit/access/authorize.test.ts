import type { DescMethod } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { authorize, permissionFor } from '../../../src/access/authorize.js'
import { type Identity, type Role, roles } from '../../../src/access/caller.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { failureOf } from '../../support/failure-of.js'

const { methods, method } = MessageContactService
const reading = ['GetMessageContact', 'ListMessageContacts', 'ListMessageContactVerifications']

const identityWith = (changes: Partial<Identity>): Identity => ({
  id: 'caller-1',
  via: 'token',
  directories: ['rd-1'],
  roles: ['administrator'],
  ...changes,
})

const call = (identity: Identity, named?: string, called: DescMethod = method.getMessageContact) =>
  authorize(identity, permissionFor(called), { header: () => (named === undefined ? [] : [named]) })

describe('the permission for an operation', () => {
  test.each(methods)('$name names the operation, and only reads where the operation does', (called) => {
    const { action, resource, isWrite } = permissionFor(called)
    expect(action).toBe(`messagecontacts:${called.name}`)
    expect(resource).toBe('contactId' in called.input.field ? 'messagecontact/{contact_id}' : 'messagecontact/*')
    expect(isWrite).toBe(!reading.includes(called.name))
  })

  test('is in these roles', () => {
    const including = (role: Role) =>
      methods.filter((called) => permissionFor(called).roles.includes(role)).map(({ name }) => name)
    expect(Object.fromEntries(roles.map((role) => [role, including(role)]))).toEqual({
      reader: reading,
      editor: [
        'AddMessageContact',
        'GetMessageContact',
        'ListMessageContacts',
        'UpdateMessageContact',
        'DeleteMessageContact',
        'CancelMessageContactUpdate',
        'ListMessageContactVerifications',
      ],
      verifier: [
        'GetMessageContact',
        'ListMessageContacts',
        'SendEmailVerificationForMessageContact',
        'SendPhoneVerificationForMessageContact',
        'ConfirmMessageContactVerification',
        'ListMessageContactVerifications',
      ],
      administrator: methods.map(({ name }) => name),
    })
  })
})

describe('a caller', () => {
  test.each<[string, Identity['directories'], string | undefined, string]>([
    ['names its directory', ['rd-1'], 'rd-1', 'rd-1'],
    ['need not name its only directory', ['rd-1'], undefined, 'rd-1'],
    ['with several directories names one', ['rd-1', 'rd-2'], 'rd-2', 'rd-2'],
    ['with all directories names any', '*', 'rd-9', 'rd-9'],
  ])('%s', (_, directories, named, directoryId) => {
    expect(call(identityWith({ directories }), named)).toEqual({ id: 'caller-1', directoryId })
  })

  test.each<[string, Partial<Identity>, string]>([
    ['names a directory that is not its own', { directories: ['rd-1'] }, 'rd-2'],
    ['has no directory', { directories: [] }, 'rd-1'],
    ['has no role', { roles: [] }, 'rd-1'],
    ['has only roles without the action', { roles: ['reader', 'verifier'] }, 'rd-1'],
  ])('that %s is PERMISSION_DENIED with what it needs', (_, changes, named) => {
    const { reason, context } = failureOf(() => call(identityWith(changes), named, method.addMessageContact))
    expect({ reason, context }).toEqual({
      reason: 'PERMISSION_DENIED',
      context: { permission: { action: 'messagecontacts:AddMessageContact', resource: 'messagecontact/*' } },
    })
  })

  test.each<[string, Identity['directories'], string | undefined]>([
    ['several directories names none', ['rd-1', 'rd-2'], undefined],
    ['all directories names none', '*', undefined],
    ['no directory names none', [], undefined],
    ['all directories names a malformed one', '*', 'rd 1'],
    ['all directories names an empty one', '*', ''],
  ])('with %s: UNAUTHENTICATED', (_, directories, named) => {
    const { reason, context } = failureOf(() => call(identityWith({ directories }), named))
    expect({ reason, context }).toEqual({ reason: 'UNAUTHENTICATED', context: {} })
  })
})
