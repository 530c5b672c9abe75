import { dayMs } from '../time.js'

/**
 * The wait that a `Retry-After` header asks for, in milliseconds, 0 to one day, which is the maximum validity of a code. The header gives
 * seconds, or a date in one of the three forms of RFC 9110. Undefined if there is no header or it is neither. `now` in milliseconds since
 * the epoch.
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  const value = header?.trim() ?? ''
  const time = /^\d+$/.test(value) ? now + Number(value) * 1000 : parseHttpDate(value, now)
  return time === undefined ? undefined : Math.min(Math.max(time - now, 0), dayMs)
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, and `Sun Nov  6 08:49:37 1994` of the C function asctime. */
const dateForms = [
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
]

/** In milliseconds since the epoch. The day of the week is not compared. */
function parseHttpDate(value: string, now: number): number | undefined {
  const groups = dateForms.map((form) => form.exec(value)?.groups).find((found) => found !== undefined)
  if (!groups) return undefined
  const { day = '', month = '', year = '', time = '' } = groups
  const date = [fullYear(year, now), twoDigits(months.indexOf(month) + 1), twoDigits(Number(day))].join('-')
  const result = Date.parse(`${date}T${time}Z`)
  // A day that the month does not have gives no date, or one in the next month.
  return new Date(result).getUTCDate() === Number(day) ? result : undefined
}

const twoDigits = (number: number) => String(number).padStart(2, '0')

/** Two digits stand for a year at most 50 years in the future and otherwise in the past, as RFC 9110 says. */
function fullYear(digits: string, now: number): string {
  if (digits.length === 4) return digits
  const thisYear = new Date(now).getUTCFullYear()
  return String(thisYear + ((Number(digits) - (thisYear % 100) + 149) % 100) - 49)
}
