// What a chaos run records: all that callers and receivers of messages saw. Times are in milliseconds since the start of the run,
// by one clock, which is not that of any service process.

export interface History {
  readonly rules: Rules
  readonly calls: readonly CallRecord[]
  /** The messages that mail servers accepted, in order. */
  readonly messages: readonly MessageRecord[]
  readonly kills: readonly KillRecord[]
  /** When the process that records did nothing itself, because the machine was busy. */
  readonly pauses: readonly PauseRecord[]
  /** All contacts in the database after the run, when nothing is under way any more. */
  readonly stored: readonly StoredContact[]
  /** When they were read, in milliseconds since the epoch. */
  readonly storedTime: number
}

/** What the contract and the settings of the run promise. */
export interface Rules {
  readonly contactsPerDirectory: number
  readonly codeTtlMs: number
  readonly messagesPerAddressPerMinute: number
  readonly emailsPerDirectoryPerDay: number
}

export interface CallRecord {
  /** Unique in the run. */
  readonly id: number
  readonly directoryId: string
  readonly request: CallRequest
  readonly startTime: number
  readonly endTime: number
  /** When the client stops waiting. */
  readonly deadline: number
  readonly outcome: CallOutcome
}

/** Every `emailAddress` of an add or an update is unique, so that each value tells which call wrote it. */
export type CallRequest =
  | ({ readonly operation: 'add'; readonly clientToken?: string } & ContactFields)
  | ({ readonly operation: 'update'; readonly contactId: string; readonly etag?: number } & Partial<ContactFields>)
  | { readonly operation: 'delete'; readonly contactId: string; readonly etag?: number }
  | { readonly operation: 'send'; readonly contactId: string; readonly emailAddress: string }
  | { readonly operation: 'confirm'; readonly contactId: string; readonly emailAddress: string; readonly code: string }
  | { readonly operation: 'get'; readonly contactId: string }
  | { readonly operation: 'list' }

export interface ContactFields {
  readonly name: string
  readonly emailAddress: string
  readonly title: number
}

export type CallOutcome =
  | {
      readonly kind: 'answered'
      /** The contacts in the answer. */
      readonly contacts: readonly SeenContact[]
      /** When the code that was requested expires, in milliseconds since the epoch. */
      readonly expireTime?: number
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly attemptsRemaining?: number }
  /** Not answered by the service: the connection was lost, or the client stopped waiting. */
  | { readonly kind: 'lost' }

/** A contact as callers see it. */
export interface SeenContact extends ContactFields {
  readonly contactId: string
  /** The number in its etag. */
  readonly revision: number
  readonly isEmailVerified: boolean
  /** Empty if there is none. */
  readonly pendingEmailAddress: string
}

export interface MessageRecord {
  /** The same for each attempt to send the message. */
  readonly reference: string
  readonly address: string
  readonly code: string
  /** The process that sent it. */
  readonly process: string
  readonly time: number
  /** The message was accepted, but the process was not told. */
  readonly isAnswerLost: boolean
}

/** A process was killed, or ended in another way without storing what it knew. */
export interface KillRecord {
  readonly process: string
  readonly time: number
}

export interface PauseRecord {
  readonly startTime: number
  readonly endTime: number
}

/** A contact in the database. */
export interface StoredContact extends SeenContact {
  readonly directoryId: string
  /** Of the mail address to verify. */
  readonly verification?: {
    readonly reference: string
    readonly address: string
    /** In milliseconds since the epoch. */
    readonly expireTime: number
    readonly deliveryState: string
  }
}
