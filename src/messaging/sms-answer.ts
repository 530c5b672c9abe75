/** A condition for the answer of a gateway, such as `SendStatusSet[0].Code=Ok`. */
export interface AnswerCondition {
  /** Names of members and indexes of arrays, from the outside in. */
  readonly path: readonly (string | number)[]
  readonly value: string
}

const step = String.raw`[^\s.[\]=]+`
const condition = new RegExp(String.raw`^((?:${step}|\[\d{1,6}\])(?:\.${step}|\[\d{1,6}\])*)=(.*)$`, 's')

/** Reads a path, an equals sign and a value. The path consists of names with dots between and indexes in brackets. */
export function parseAnswerCondition(text: string): AnswerCondition | undefined {
  const [, path, value] = condition.exec(text) ?? []
  if (path === undefined || value === undefined) return undefined
  const steps = path.match(/[^.[\]]+|\[\d+\]/g) ?? []
  return { path: steps.map((step) => (step.startsWith('[') ? Number(step.slice(1, -1)) : step)), value }
}

/** The value at a path in a JSON answer, as text. Undefined if the answer is no JSON or has no text, number or boolean there. */
export function valueAt(answer: string, path: AnswerCondition['path']): string | undefined {
  const found = path.reduce(member, parseJson(answer))
  return ['string', 'number', 'boolean'].includes(typeof found) ? String(found) : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function member(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Array.isArray(value) === (typeof key === 'number') && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined
}

/** A value of the answer for the log: at most 64 characters of printable ASCII, without long numbers, which could be a phone number or a code. */
export const loggableValue = (value: string): string =>
  value
    .replaceAll(/[^ -~]/gu, '?')
    .replaceAll(/\d{5,}/g, '#')
    .slice(0, 64)
