import { type DescMethod, getOption } from '@bufbuild/protobuf'
import { Failure } from '../errors/failure.js'
import { AccessLevel, authorization, Role as RoleValue } from '../gen/messagecontacts/v1/authorization_pb.js'
import { type Credentials, namedDirectory } from './authenticate.js'
import type { Caller, Identity, Role } from './caller.js'

/** What a caller needs to call a method, as the contract says. */
export interface Permission {
  /** Such as `messagecontacts:AddMessageContact`. */
  readonly action: string
  /** Such as `messagecontact/*`. */
  readonly resource: string
  readonly isWrite: boolean
  /** The roles that include the action. */
  readonly roles: readonly Role[]
}

const roleNames: Readonly<Record<RoleValue, Role | undefined>> = {
  [RoleValue.UNSPECIFIED]: undefined,
  [RoleValue.READER]: 'reader',
  [RoleValue.EDITOR]: 'editor',
  [RoleValue.VERIFIER]: 'verifier',
  [RoleValue.ADMINISTRATOR]: 'administrator',
}

/** Reads the `authorization` option of a method. Throws if it is missing or incomplete: such a method must not be served. */
export function permissionFor(method: DescMethod): Permission {
  const { action, accessLevel, resource, roles } = getOption(method, authorization)
  if (action === '' || resource === '' || accessLevel === AccessLevel.UNSPECIFIED)
    throw new Error(`${method.parent.typeName}.${method.name} has no authorization option`)
  const named = roles.flatMap((role) => roleNames[role] ?? [])
  return { action, resource, isWrite: accessLevel === AccessLevel.WRITE, roles: [...named, 'administrator'] }
}

/**
 * The caller of a call that this identity may make, in the directory that the call names, or in the only one of the identity. Fails with
 * PERMISSION_DENIED, or with UNAUTHENTICATED if no directory is known.
 */
export function authorize(
  identity: Identity,
  permission: Permission,
  credentials: Pick<Credentials, 'header'>,
): Caller {
  const directoryId = directoryOf(identity, permission, namedDirectory(credentials))
  if (!identity.roles.some((role) => permission.roles.includes(role))) throw denied(permission)
  return { id: identity.id, directoryId }
}

function directoryOf({ directories }: Identity, permission: Permission, named: string | undefined): string {
  if (named !== undefined) {
    if (directories !== '*' && !directories.includes(named)) throw denied(permission)
    return named
  }
  const [only, ...others] = directories === '*' ? [] : directories
  if (only === undefined || others.length > 0) throw new Failure('UNAUTHENTICATED')
  return only
}

const denied = ({ action, resource }: Permission) =>
  new Failure('PERMISSION_DENIED', { permission: { action, resource } })
