import { z } from 'zod'
import { parsed, wholeNumber } from '../config/values.js'

/** Refusals with many violations must stay within the 8 KiB of trailers that clients accept. */
const maxDocsUrlLength = 200

export const callSettings = z.object({
  MAX_CALLS_IN_FLIGHT: wholeNumber(1, 100_000).prefault('1000').meta({
    description:
      'The maximum number of calls in flight in this process, 1 to 100000. Further calls are refused as OVERLOADED.',
  }),
  MAX_CALL_SECONDS: wholeNumber(1, 300).prefault('10').meta({
    description: 'The maximum duration of a call in seconds, 1 to 300, if its client would wait longer.',
  }),
  PUBLIC_DOCS_URL: parsed(
    parseDocsUrl,
    `must be an https:// address of at most ${maxDocsUrlLength} characters, without user, password, query and fragment`,
  )
    .optional()
    .meta({
      description: `Where callers find the pages of the explorer, for example a proxy before HTTP_LISTEN: an \`https://\` address of at most ${maxDocsUrlLength} characters. Every refusal then has a \`google.rpc.Help\` with a link to the page of its error, which is at this address and \`/errors/\` with the code. Unset: there is no link.`,
    }),
})

export type CallSettings = z.output<typeof callSettings>

/** Without the slash at the end. */
function parseDocsUrl(value: string): string | undefined {
  const { protocol, username, password, href } = new URL(value)
  const isPlain = protocol === 'https:' && !username && !password && !/[\s?#]/.test(value)
  const url = href.replace(/\/+$/, '')
  return isPlain && url.length <= maxDocsUrlLength ? url : undefined
}
