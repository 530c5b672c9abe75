/** In milliseconds. */
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

export const addMs = (date: Date, ms: number): Date => new Date(date.getTime() + ms)

/** The time by which an answer must be ready. */
export interface Deadline {
  /** In milliseconds since the epoch. */
  readonly time: number
  /** True once nobody waits for the answer any more: the time has passed, or the call was answered or cancelled. */
  isExpired(): boolean
}

/** A deadline `ms` milliseconds from now. `now` gives milliseconds since the epoch. */
export function deadlineIn(ms: number, now: () => number): Deadline {
  const time = now() + ms
  return { time, isExpired: () => now() >= time }
}
