import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { AddressKind } from '../addresses/address.js'
import { pageToken } from '../calls/paging.js'
import {
  Channel,
  DeliveryState,
  type MessageContactVerificationSchema,
} from '../gen/messagecontacts/v1/message_contact_pb.js'
import type { ListMessageContactVerificationsResponseSchema } from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import type { VerificationsRequest } from './requests.js'
import type { PendingVerification } from './verification.js'

/** For both operations that send a code. */
export function sendResponse(expireDate: Date, nextSendDate: Date, requestId: string) {
  return { requestId, expireDate: timestampFromDate(expireDate), nextSendDate: timestampFromDate(nextSendDate) }
}

/** A page of verifications. There are two at most, so all of them are at hand. */
export function verificationsResponse(
  all: readonly PendingVerification[],
  { directoryId, contactId, size, after }: VerificationsRequest,
  requestId: string,
): MessageInitShape<typeof ListMessageContactVerificationsResponseSchema> {
  const rest = all.slice(all.findIndex(({ kind }) => kind === after) + 1)
  const page = rest.slice(0, size)
  const last = page.at(-1)
  const nextPageToken = last && rest.length > page.length ? pageToken({ directoryId, contactId }, last.kind) : ''
  return { requestId, verifications: page.map(verificationMessage), nextPageToken, totalCount: all.length }
}

const channels: Readonly<Record<AddressKind, Channel>> = { email: Channel.EMAIL, phone: Channel.SMS }

function verificationMessage({
  contactId,
  kind,
  address,
  verification,
}: PendingVerification): MessageInitShape<typeof MessageContactVerificationSchema> {
  return {
    contactId,
    target: address,
    channel: channels[kind],
    ...(verification && {
      sendDate: timestampFromDate(verification.sendDate),
      expireDate: timestampFromDate(verification.expireDate),
    }),
    attemptsRemaining: verification?.attemptsRemaining ?? 0,
    deliveryState: DeliveryState[verification?.deliveryState ?? 'NOT_SENT'],
  }
}
