import { useEffect, useState } from 'preact/hooks'
import type { Operation } from '../../dev/explorer/reference.js'
import { isObject, parseJson, type RequestValues } from './calls/request-values.js'
import type { Answer, CallSettings } from './calls/send.js'

/** What the explorer remembers while its page is open. */
export interface Session {
  readonly operation: string
  /** The request of each operation, by its name. */
  readonly requests: Readonly<Record<string, RequestValues>>
  readonly settings: CallSettings
  /** The newest first. Kept until the tab is closed. */
  readonly answers: readonly Answer[]
  /** The answer that is shown for each operation. */
  readonly shown: Readonly<Record<string, Answer>>
}

const maxAnswers = 30
const storageKey = 'answers'
const defaultGrpcPort = 50051

/** Answers hold no token, but what callers typed and read: so they end with the tab. */
function keptAnswers(): readonly Answer[] {
  try {
    const kept = parseJson(sessionStorage.getItem(storageKey) ?? '[]')
    return Array.isArray(kept)
      ? kept.filter((answer) => isObject(answer) && typeof answer['operation'] === 'string')
      : []
  } catch {
    return []
  }
}

function keepAnswers(answers: readonly Answer[]): void {
  try {
    sessionStorage.setItem(storageKey, JSON.stringify(answers))
  } catch {
    // They are shown until the page is left.
  }
}

let session: Session = {
  operation: 'AddMessageContact',
  requests: {},
  settings: { directory: '', token: '', deadlineMs: '', grpcAddress: `${location.hostname}:${defaultGrpcPort}` },
  answers: keptAnswers(),
  shown: {},
}
const listeners = new Set<() => void>()

export function updateSession(change: (session: Session) => Partial<Session>): void {
  session = { ...session, ...change(session) }
  for (const listener of listeners) listener()
}

export function useSession(): Session {
  const [current, setCurrent] = useState(session)
  useEffect(() => {
    const update = () => setCurrent(session)
    listeners.add(update)
    update()
    return () => {
      listeners.delete(update)
    }
  }, [])
  return current
}

export const setRequest = (operation: string, request: RequestValues) =>
  updateSession(({ requests }) => ({ requests: { ...requests, [operation]: request } }))

export const setSettings = (change: Partial<CallSettings>) =>
  updateSession(({ settings }) => ({ settings: { ...settings, ...change } }))

export const showAnswer = (answer: Answer) =>
  updateSession(({ shown }) => ({ shown: { ...shown, [answer.operation]: answer } }))

export function addAnswer(answer: Answer): void {
  updateSession(({ answers }) => ({ answers: [answer, ...answers].slice(0, maxAnswers) }))
  keepAnswers(session.answers)
  showAnswer(answer)
}

export function clearAnswers(): void {
  updateSession(() => ({ answers: [] }))
  keepAnswers([])
}

/** The contact of the newest answer that has one. */
function latestContact({ answers }: Session): RequestValues | undefined {
  for (const { body } of answers) {
    const contact = isObject(body) ? body['contact'] : undefined
    if (isObject(contact)) return contact
  }
  return undefined
}

/** The example of an operation, for the latest contact if there is one. */
export function exampleFor({ example, request }: Operation, current: Session): RequestValues {
  const contact = example['contactId'] === undefined ? undefined : latestContact(current)
  const token = request.fields.some(({ jsonName }) => jsonName === 'clientToken') && { clientToken: newUuid() }
  if (!contact) return { ...example, ...token }
  const addresses = ['contactId', 'emailAddress', 'phoneNumber'].filter((name) => name in example && contact[name])
  return { ...example, ...Object.fromEntries(addresses.map((name) => [name, contact[name]])) }
}

/** Browsers have randomUUID only for pages of this machine and for https. */
export function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
