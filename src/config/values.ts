import { z } from 'zod'

/**
 * Builders for the values of settings. Each reads the text of an environment variable; its error says what the value must be
 * and never quotes it.
 */

/** A text that matches a pattern. */
export const text = (pattern: RegExp, error: string) => z.string().regex(pattern, { error })

export const isPath = (value: string): boolean => /^[^\p{Cc}]{1,4096}$/u.test(value)

export const filePath = z.string().refine(isPath, { error: 'must be the path of a file' })

/** One of these words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.string().pipe(z.enum(words, { error: `must be one of: ${words.join(', ')}` }))

/** A whole number from `min` to `max`, in plain digits. */
export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }))
}

/** `yes` or `no`, as a boolean. */
export const yesOrNo = oneOf('yes', 'no').transform((value) => value === 'yes')

/** The result of `parse`. A value for which it throws or returns undefined is an error. */
export function parsed<Value>(parse: (value: string) => Value | undefined, error: string) {
  return z.string().transform((value, context): Value => {
    try {
      const result = parse(value)
      if (result !== undefined) return result
    } catch {
      // Reported below, without the parser's own text, which may quote the value.
    }
    context.issues.push({ code: 'custom', message: error, input: value })
    return z.NEVER
  })
}

/** Texts separated by commas and optional spaces, each of which matches `pattern`. */
export const commaSeparated = (pattern: RegExp, error: string) =>
  parsed((value) => {
    const parts = value.split(/ *, */)
    return parts.every((part) => pattern.test(part)) ? parts : undefined
  }, error)

/** `host:port`; an IPv6 host in brackets. Port 0 stands for any free port. */
export const hostAndPort = text(
  /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/,
  'must be host:port, such as 0.0.0.0:50051 or [::1]:50051',
)
  .transform((value) => {
    const colon = value.lastIndexOf(':')
    return { host: value.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(value.slice(colon + 1)) }
  })
  .refine(({ port }) => port <= 65_535, { error: 'must have a port from 0 to 65535' })

/** Whether only this machine reaches the host. */
export const isLoopback = (host: string): boolean => /^(localhost|(::ffff:)?127(\.\d{1,3}){3}|::1)$/i.test(host)
