import { Failure } from '../failure.js'

const contactType = 'messagecontacts.v1.MessageContact'

/** The name belongs to another contact of the directory; `name` as the caller sent it. */
export const nameUsed = (name: string) =>
  new Failure('INVALID_PARAMETER_NAME_ALREADY_USED', {
    violations: [{ field: 'name', reason: 'INVALID_PARAMETER_NAME_ALREADY_USED' }],
    resource: { type: contactType, name },
  })

/** The directory has no such contact; `contactId` as the caller sent it. */
export const contactNotFound = (contactId: string) =>
  new Failure('ENTITY_NOT_EXISTS_CONTACT', { resource: { type: contactType, name: contactId } })

/** The address that was named waits for nothing, or no code was asked for. */
export const verificationNotFound = (contactId: string) =>
  new Failure('ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', { resource: { type: contactType, name: contactId } })
