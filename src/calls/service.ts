import type { DescMessage, DescMethod, DescService, Message, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { type Permission, permissionFor } from '../access/authorize.js'
import type { OperationCall } from './call.js'

/** One async function per operation of a service: a missing one does not compile. */
export type ServiceImplementation<Service extends Pick<DescService, 'method'>> = {
  readonly [Name in keyof Service['method']]: (
    request: MessageShape<Service['method'][Name]['input']>,
    call: OperationCall,
  ) => Promise<MessageInitShape<Service['method'][Name]['output']>>
}

/** An operation without its message types, which `ServiceImplementation` has checked. */
export type Operation = (request: Message, call: OperationCall) => Promise<MessageInitShape<DescMessage>>

/** A service with the functions that implement it. */
export interface BoundService {
  readonly descriptor: DescService
  readonly operations: Readonly<Record<string, Operation>>
}

/** Binds functions to the descriptor of their service. */
export function bindService<Service extends DescService>(
  descriptor: Service,
  implementation: ServiceImplementation<Service>,
): BoundService {
  return { descriptor, operations: implementation as unknown as Record<string, Operation> }
}

/** A method of a service that is served, for every transport. */
export interface Route {
  /** Such as `/messagecontacts.v1.MessageContactService/AddMessageContact`. */
  readonly path: string
  readonly method: DescMethod
  readonly operation: Operation
  readonly permission: Permission
}

/** The paths of all methods of a service. */
export const pathsOf = ({ methods }: DescService): readonly string[] => methods.map(pathOf)

const pathOf = ({ parent, name }: DescMethod) => `/${parent.typeName}/${name}`

/** The routes of a service. Throws if a method is not unary, or has no operation or no `authorization` option. */
export const routesOf = ({ descriptor, operations }: BoundService): readonly Route[] =>
  descriptor.methods.map((method) => {
    const operation = operations[method.localName]
    if (method.methodKind !== 'unary' || !operation) throw new Error(`${method.name} has no unary operation`)
    return { path: pathOf(method), method, operation, permission: permissionFor(method) }
  })
