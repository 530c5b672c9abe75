import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { pageToken } from '../../../src/calls/paging.js'
import { Channel, DeliveryState } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { sendResponse, verificationsResponse } from '../../../src/verification/responses.js'
import type { PendingVerification } from '../../../src/verification/verification.js'
import { now, verificationWith } from '../../support/contacts-in-states.js'

const verification = verificationWith({ deliveryState: 'FAILED', attemptsRemaining: 3 })
const email: PendingVerification = { contactId: 'c-1', kind: 'email', address: 'tom@example.com', verification }
const phone: PendingVerification = { contactId: 'c-1', kind: 'phone', address: '86-139', verification: undefined }
const emailMessage = {
  contactId: 'c-1',
  target: 'tom@example.com',
  channel: Channel.EMAIL,
  sendDate: timestampFromDate(verification.sendDate),
  expireDate: timestampFromDate(verification.expireDate),
  attemptsRemaining: 3,
  deliveryState: DeliveryState.FAILED,
}
const phoneMessage = {
  contactId: 'c-1',
  target: '86-139',
  channel: Channel.SMS,
  attemptsRemaining: 0,
  deliveryState: DeliveryState.NOT_SENT,
}

test('the response to a sent code has the dates until which it is valid and from which another one is possible', () => {
  const [expireDate, nextSendDate] = [new Date(1000), new Date(2000)]
  expect(sendResponse(expireDate, nextSendDate, 'REQUEST')).toEqual({
    requestId: 'REQUEST',
    expireDate: timestampFromDate(expireDate),
    nextSendDate: timestampFromDate(nextSendDate),
  })
})

describe('the response with the verifications of a contact', () => {
  const identity = { directoryId: 'rd-1', contactId: 'c-1' }
  const responseWith = (all: readonly PendingVerification[], size: number, after?: string) =>
    verificationsResponse(all, { ...identity, size, after }, 'REQUEST')

  test('has all of them, each with its code if one was requested', () => {
    expect(responseWith([email, phone], 2)).toStrictEqual({
      requestId: 'REQUEST',
      verifications: [emailMessage, phoneMessage],
      nextPageToken: '',
      totalCount: 2,
    })
  })

  test('has none if nothing is to be verified', () => {
    expect(responseWith([], 20)).toStrictEqual({
      requestId: 'REQUEST',
      verifications: [],
      nextPageToken: '',
      totalCount: 0,
    })
  })

  test('has a token for the next page if there is one', () => {
    expect(responseWith([email, phone], 1)).toEqual({
      requestId: 'REQUEST',
      verifications: [emailMessage],
      nextPageToken: pageToken(identity, 'email'),
      totalCount: 2,
    })
    expect(responseWith([email, phone], 1, 'email')).toEqual({
      requestId: 'REQUEST',
      verifications: [phoneMessage],
      nextPageToken: '',
      totalCount: 2,
    })
  })

  test('continues with the phone number if the mail address was verified meanwhile', () => {
    expect(responseWith([phone], 1, 'email')).toMatchObject({ verifications: [phoneMessage], nextPageToken: '' })
  })

  test('has none after the last one', () => {
    expect(responseWith([email, phone], 20, 'phone')).toMatchObject({ verifications: [], nextPageToken: '' })
  })

  test('has the delivery state of each message', () => {
    const stateOf = (deliveryState: 'QUEUED' | 'SENT') =>
      responseWith([{ ...email, verification: verificationWith({ deliveryState, sendDate: now }) }], 1).verifications
    expect(stateOf('QUEUED')).toMatchObject([{ deliveryState: DeliveryState.QUEUED }])
    expect(stateOf('SENT')).toMatchObject([{ deliveryState: DeliveryState.SENT }])
  })
})
