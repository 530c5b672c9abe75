import { z } from 'zod'
import { commaSeparated, filePath, isPath, parsed, text, wholeNumber } from '../config/values.js'
import { directoryIdPattern, type Via } from './caller.js'

const allVias: readonly Via[] = ['jwt', 'mtls', 'token', 'header']

/** Algorithms with a public key. With those of a shared secret, or with none, everyone who can verify a token could make one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

const claimName = text(/^[\x21-\x7e]{1,256}$/, 'must be the name of a claim, without blanks')

const settings = z.object({
  AUTHENTICATION: parsed(
    parseAuthentication,
    'must be one or more of jwt, mtls, token and header, with commas between',
  ).meta({
    description:
      'How callers are authenticated, in this order, with commas between: `jwt` by tokens of an identity provider, `mtls` by client certificates, `token` by API tokens of CALLERS_FILE, `header` not at all: the service believes the header `x-resource-directory-id` of everyone, so that a trusted proxy must authenticate callers. A credential that is present and invalid is refused, whatever comes later in the list.',
  }),
  CALLERS_FILE: filePath.optional().meta({
    description:
      'The path of the YAML file of the callers, see docs/security.md. Required by `mtls` and `token`. Read again when it changes: a new version is in use within 2 seconds.',
  }),
  JWT_ISSUER: text(/^[\x21-\x7e]{1,1024}$/, 'must be the text of the claim iss, without blanks')
    .optional()
    .meta({ description: 'The claim `iss` of valid tokens, exactly. Required by `jwt`.' }),
  JWT_AUDIENCE: text(/^[\x21-\x7e]{1,1024}$/, 'must be a text of the claim aud, without blanks')
    .optional()
    .meta({ description: 'A text that the claim `aud` of valid tokens is or contains. Required by `jwt`.' }),
  JWT_JWKS: parsed(parseJwksLocation, 'must be an https:// address without user and password, or the path of a file')
    .optional()
    .meta({
      description:
        'The public keys of the identity provider as a JSON Web Key Set (JWKS): an `https://` address, or the path of a file. Required by `jwt`. An address is read every 5 minutes, and for an unknown key id at most every 10 seconds; a file is read when it changes. A key that is removed is accepted for another 5 minutes and 3 seconds at most (of a file: 2 seconds), also for tokens seen before. While the address cannot be read, the last keys stay in use.',
    }),
  JWT_ALGORITHMS: commaSeparated(
    new RegExp(`^(${algorithms.join('|')})$`),
    `must be some of ${algorithms.join(', ')}, with commas between`,
  )
    .prefault('RS256,PS256,ES256,EdDSA')
    .meta({
      description: `The signature algorithms of valid tokens, with commas between: some of ${algorithms.join(', ')}.`,
    }),
  JWT_CLOCK_SKEW_SECONDS: wholeNumber(0, 300).prefault('30').meta({
    description:
      'How far the clock of the identity provider may be off, in seconds, 0 to 300: tokens are valid this time before `nbf` and after `exp`.',
  }),
  JWT_DIRECTORY_CLAIM: claimName.prefault('directory_id').meta({
    description:
      'The claim with the directories that the caller may act for: a text, a list of texts, or `*` for all directories.',
  }),
  JWT_ROLES_CLAIM: claimName.prefault('scope').meta({
    description:
      'The claim with the roles of the caller: a text with spaces between, or a list of texts. Its values are `messagecontacts.reader`, `messagecontacts.editor`, `messagecontacts.verifier` and `messagecontacts.administrator`; others are ignored.',
  }),
  DEFAULT_DIRECTORY_ID: text(directoryIdPattern, 'must be 1 to 64 of A-Z a-z 0-9 _ -').optional().meta({
    description:
      'The resource directory of callers that send no `x-resource-directory-id`; only with `header`. For development; leave it unset in production.',
  }),
  CALLS_PER_SECOND_PER_CALLER: wholeNumber(1, 1_000_000).prefault('1000').meta({
    description:
      'The maximum number of calls of one caller in a second, in this process, 1 to 1000000; after a quiet time twice as many at once. Further calls are refused as THROTTLED. Each question to server reflection counts as a call; with `REFLECTION=open`, of its IP address. `calls_per_second` in the callers file is for one caller.',
  }),
  CALLS_PER_SECOND_PER_DIRECTORY: wholeNumber(1, 1_000_000).prefault('1000').meta({
    description:
      'The maximum number of calls for one resource directory in a second, in this process, by all its callers together, 1 to 1000000; after a quiet time twice as many at once. Further calls are refused as THROTTLED.',
  }),
  MAX_CALLS_IN_FLIGHT_PER_CALLER: wholeNumber(1, 100_000).optional().meta({
    description:
      'The maximum number of calls in flight of one caller in this process, 1 to 100000, by default a quarter of `MAX_CALLS_IN_FLIGHT`. Further calls are refused as THROTTLED.',
  }),
})

export type AccessSettings = z.output<typeof settings>

export const accessSettings = settings.superRefine(checkAccessSettings)

/** Reports problems of settings that depend on each other. For the refinement of a schema that contains all of them. */
export function checkAccessSettings(settings: AccessSettings, { addIssue }: z.RefinementCtx): void {
  const report = (setting: keyof AccessSettings, message: string) =>
    addIssue({ code: 'custom', path: [setting], message })
  const requiredBy: readonly (readonly [Via, ...(keyof AccessSettings)[]])[] = [
    ['mtls', 'CALLERS_FILE'],
    ['token', 'CALLERS_FILE'],
    ['jwt', 'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS'],
  ]
  const missing = new Map<keyof AccessSettings, Via>()
  for (const [via, ...names] of requiredBy)
    for (const name of names)
      if (settings.AUTHENTICATION.includes(via) && settings[name] === undefined) missing.set(name, via)
  for (const [name, via] of missing) report(name, `must be set, because AUTHENTICATION contains ${via}`)
  if (settings.DEFAULT_DIRECTORY_ID !== undefined && !settings.AUTHENTICATION.includes('header'))
    report('DEFAULT_DIRECTORY_ID', 'must not be set, because AUTHENTICATION does not contain header')
}

function parseAuthentication(value: string): readonly Via[] | undefined {
  const words = value.split(/ *, */)
  const vias = allVias.filter((via) => words.includes(via))
  return vias.length === words.length ? words.flatMap((word) => vias.filter((via) => via === word)) : undefined
}

function parseJwksLocation(value: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(value)) return isPath(value) ? value : undefined
  const { protocol, username, password, hash } = new URL(value)
  return protocol === 'https:' && !username && !password && !hash && !/\s/.test(value) ? value : undefined
}
