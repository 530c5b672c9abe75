import { Failure } from '../../failure.js'

/** The name belongs to another contact of the directory; `name` as the caller sent it. */
export const nameUsed = (name: string) =>
  new Failure('INVALID_PARAMETER_NAME_ALREADY_USED', {
    violations: [{ field: 'name', reason: 'INVALID_PARAMETER_NAME_ALREADY_USED' }],
    resource: { type: 'messagecontacts.v1.MessageContact', name },
  })
