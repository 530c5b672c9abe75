import { Failure } from '../errors/failure.js'

const contactType = 'messagecontacts.v1.MessageContact'

/** Another contact of the directory has the name. `name` as the caller sent it. */
export const nameAlreadyUsed = (name: string) =>
  new Failure('INVALID_PARAMETER_NAME_ALREADY_USED', {
    violations: [{ field: 'name', reason: 'INVALID_PARAMETER_NAME_ALREADY_USED' }],
    resource: { type: contactType, name },
  })

/** The directory has no such contact. `contactId` as the caller sent it. */
export const contactNotFound = (contactId: string) =>
  new Failure('ENTITY_NOT_EXISTS_CONTACT', { resource: { type: contactType, name: contactId } })

/** The contact has no such address to verify, or no code was requested for it. */
export const verificationNotFound = (contactId: string) =>
  new Failure('ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', { resource: { type: contactType, name: contactId } })
