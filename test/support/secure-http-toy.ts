import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Certificate } from '../../dev/authority.js'
import { type HttpCall, type HttpCallAnswer, httpsCall, jsonOf } from './http-call.js'
import { prepareTls, type SecureToyOptions } from './secure-toy.js'
import { startHttpToy } from './toy-http.js'
import { type Toy, toyPath } from './toy-service.js'

/** A call of the toy. */
export const toyCall: HttpCall = {
  path: toyPath,
  headers: { 'x-resource-directory-id': 'toy', 'content-type': 'application/json' },
  body: '{"name": "Tom"}',
}

/** Serves the toy over HTTPS. */
export async function startSecureHttpToy(toy: Toy, { files = {}, settings = {}, ...options }: SecureToyOptions = {}) {
  const prepared = await prepareTls({ files, settings })
  const running = await startHttpToy(toy, { ...options, settings: prepared.settings })
  const ca = Buffer.from(prepared.authority.cert)
  const openTls = (tlsOptions: ConnectionOptions = {}): TLSSocket =>
    connect({ host: '127.0.0.1', port: Number(running.address.split(':')[1]), ca, ...tlsOptions })
  const call = (certificate?: Certificate, tlsOptions: ConnectionOptions = {}): Promise<HttpCallAnswer> =>
    httpsCall(running.address, toyCall, { ca, ...certificate, ...tlsOptions })
  return {
    ...running,
    files: prepared.files,
    authority: prepared.authority,
    openTls,
    call,
    /** The name that the toy answers, or the code of the refusal. */
    async answerTo(certificate?: Certificate): Promise<string | undefined> {
      const { contact, code } = jsonOf(await call(certificate)) as ToyAnswer
      return contact?.name ?? code
    },
  }
}

interface ToyAnswer {
  readonly contact?: { readonly name?: string }
  readonly code?: string
}
