/** What callers of the soak ask for. */
export type WriteRequest =
  | { readonly operation: 'add'; readonly name: string; readonly phoneNumber: string; readonly clientToken: string }
  | { readonly operation: 'update'; readonly contactId: string; readonly name: string }
  | { readonly operation: 'delete'; readonly contactId: string }
  | { readonly operation: 'send'; readonly contactId: string; readonly phoneNumber: string }
  | {
      readonly operation: 'confirm'
      readonly contactId: string
      readonly phoneNumber: string
      readonly code: string
    }
export type SoakRequest =
  | WriteRequest
  | { readonly operation: 'get'; readonly contactId: string }
  | { readonly operation: 'list' }

/** A contact as an answer shows it. */
export interface SeenContact {
  readonly contactId: string
  readonly name: string
  readonly phoneNumber: string
  readonly isVerified: boolean
  /** The number in its etag. */
  readonly revision: number
}

/** A contact as callers know it. */
export interface KnownContact extends SeenContact {
  readonly isCodeRequested: boolean
}

/** A contact in the database. */
export interface KeptContact extends SeenContact {
  /** True if the code was sent, or the number is verified already. */
  readonly isCodeSent: boolean
}

export type Outcome =
  | { readonly kind: 'answered'; readonly contacts: readonly SeenContact[] }
  /** The reason is that of the service, or the status of a call that the service did not answer. */
  | { readonly kind: 'refused'; readonly reason: string }

/** After these a call is repeated: the service has done nothing, or it is not known what it has done. */
const repeatedReasons: readonly string[] = [
  // How the client names a connection that ends with a process; a refusal of the service has a reason.
  'Unavailable',
  'Aborted',
  'Canceled',
  'Internal',
  'Unknown',
  'DeadlineExceeded',
  'DATABASE_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'DEADLINE_EXCEEDED',
  'OVERLOADED',
  'SHUTTING_DOWN',
  'CONCURRENT_CALL_NOT_SUPPORTED',
]

/** Refusals that promise nothing and change nothing: of limits, and of a code that a repeated Send has replaced. */
const harmlessReasons: readonly string[] = [
  'SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT',
  'LIMIT_EXCEEDED_ADDRESS',
  'VERIFICATION_CODE_SUPERSEDED',
  'VERIFICATION_CODE_INCORRECT',
]

/** What a repeated call is refused with if the first one was carried out. */
const alreadyDone: Readonly<Partial<Record<SoakRequest['operation'], string>>> = {
  delete: 'ENTITY_NOT_EXISTS_CONTACT',
  confirm: 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION',
}

/**
 * The contacts of one directory as their only caller knows them. It makes one call after the other, and repeats a call until that is settled, so
 * it knows every contact exactly, however many processes have been killed meanwhile.
 */
export class Ledger {
  readonly directoryId: string
  readonly #contacts = new Map<string, KnownContact>()
  #acknowledgedWrites = 0

  constructor(directoryId: string) {
    this.directoryId = directoryId
  }

  get contacts(): readonly KnownContact[] {
    return [...this.#contacts.values()]
  }

  get acknowledgedWrites(): number {
    return this.#acknowledgedWrites
  }

  /**
   * Takes note of the outcome of a call. Gives `repeat` if the call is to be made once more; otherwise it is settled, and the result says what
   * contradicts what was acknowledged before.
   */
  note(request: SoakRequest, outcome: Outcome, isRepeated: boolean): 'repeat' | readonly string[] {
    if (outcome.kind === 'answered') return this.#answered(request, outcome.contacts)
    const { reason } = outcome
    if (repeatedReasons.includes(reason)) return 'repeat'
    if (isRepeated && reason === alreadyDone[request.operation]) {
      this.#keep(request)
      return []
    }
    const contact = 'contactId' in request ? ` of ${request.contactId}` : ''
    return harmlessReasons.includes(reason) ? [] : [`${request.operation}${contact} in ${this.directoryId}: ${reason}`]
  }

  /** What of the stored contacts of the directory is not what was acknowledged. */
  differencesFrom(stored: readonly KeptContact[]): readonly string[] {
    const differences = this.#differences(this.contacts, stored)
    const unsent = stored.filter(
      ({ contactId, isCodeSent }) => this.#contacts.get(contactId)?.isCodeRequested && !isCodeSent,
    )
    return [
      ...differences,
      ...unsent.map(({ contactId }) => `the code for ${contactId} of ${this.directoryId} was not sent`),
    ]
  }

  #answered(request: SoakRequest, seen: readonly SeenContact[]): readonly string[] {
    if (request.operation === 'list') return this.#differences(this.contacts, seen)
    const expected = this.#expectedAfter(request, seen)
    const isWrite = request.operation !== 'get'
    if (isWrite) this.#keep(request, expected)
    return request.operation === 'delete' || request.operation === 'send' ? [] : this.#differences(expected, seen)
  }

  /** The contact after a call that was carried out. Empty if there is none any more. */
  #expectedAfter(request: Exclude<SoakRequest, { operation: 'list' }>, seen: readonly SeenContact[]): KnownContact[] {
    if (request.operation === 'add') {
      const { name, phoneNumber } = request
      const contactId = seen[0]?.contactId ?? ''
      return [{ contactId, name, phoneNumber, isVerified: false, revision: 1, isCodeRequested: false }]
    }
    const known = this.#contacts.get(request.contactId)
    if (!known || request.operation === 'delete') return []
    const revision = known.revision + 1
    if (request.operation === 'update') return [{ ...known, name: request.name, revision }]
    if (request.operation === 'confirm') return [{ ...known, isVerified: true, revision }]
    return [request.operation === 'send' ? { ...known, isCodeRequested: true } : known]
  }

  /** A write was acknowledged. */
  #keep(request: SoakRequest, after?: readonly KnownContact[]): void {
    if (request.operation === 'list') return
    this.#acknowledgedWrites += 1
    if (request.operation === 'delete') this.#contacts.delete(request.contactId)
    for (const contact of after ?? this.#expectedAfter(request, [])) this.#contacts.set(contact.contactId, contact)
  }

  #differences(expected: readonly SeenContact[], seen: readonly SeenContact[]): readonly string[] {
    const found = new Map(seen.map((contact) => [contact.contactId, contact]))
    const changed = expected.flatMap((contact) => {
      const other = found.get(contact.contactId)
      if (!other) return [`${contact.contactId} of ${this.directoryId} is missing`]
      return comparedFields
        .filter((field) => contact[field] !== other[field])
        .map((field) => `${contact.contactId} of ${this.directoryId} has another ${field}`)
    })
    const known = new Set(expected.map(({ contactId }) => contactId))
    const unknown = seen.filter(({ contactId }) => !known.has(contactId))
    return [
      ...changed,
      ...unknown.map(({ contactId }) => `${contactId} of ${this.directoryId} was deleted, or never added`),
    ]
  }
}

const comparedFields = ['name', 'phoneNumber', 'isVerified', 'revision'] as const
