import { type CredentialSources, type Credentials, createAuthentication } from '../../../src/access/authenticate.js'
import { noCallers } from '../../../src/access/callers-file.js'
import { type AccessSettings, accessSettings } from '../../../src/access/settings.js'

/** The settings of access, with these differences from the defaults. */
export const readAccess = (environment: Readonly<Record<string, string>>): AccessSettings =>
  accessSettings.parse(environment)

/** No callers file, and no keys. */
export const noSources: CredentialSources = {
  callers: () => noCallers,
  keys: { current: undefined, refreshForUnknownKey: async () => {} },
  now: Date.now,
}

/** Believes the header `x-resource-directory-id`. */
export const headerAuthentication = createAuthentication(readAccess({ AUTHENTICATION: 'header' }), noSources)

/** The credentials of a call with these headers, and with a client certificate if there is a `subjectAltName`. */
export const credentials = (
  headers: Readonly<Record<string, string | readonly string[]>>,
  subjectAltName?: string,
): Credentials => ({
  header: (name) => [headers[name] ?? []].flat(),
  certificate: () => (subjectAltName === undefined ? undefined : { subjectAltName }),
})
