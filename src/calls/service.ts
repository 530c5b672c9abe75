import type { DescMessage, DescService, Message, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { Call } from './call.js'

/** One async function per operation of a service: a missing one does not compile. */
export type ServiceImplementation<Service extends Pick<DescService, 'method'>> = {
  readonly [Name in keyof Service['method']]: (
    request: MessageShape<Service['method'][Name]['input']>,
    call: Call,
  ) => Promise<MessageInitShape<Service['method'][Name]['output']>>
}

/** An operation without its message types, which `ServiceImplementation` has checked. */
export type Operation = (request: Message, call: Call) => Promise<MessageInitShape<DescMessage>>

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
