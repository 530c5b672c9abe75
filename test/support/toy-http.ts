import { routesOf } from '../../src/calls/service.js'
import type { Pages } from '../../src/http/pages.js'
import { type HttpServer, startHttpServer } from '../../src/http/server.js'
import {
  createToyPipeline,
  openTls,
  type Toy,
  type ToyOptions,
  type ToySettings,
  toyService,
  toySettings,
} from './toy-service.js'

export interface HttpToyOptions extends Pick<ToyOptions, 'authenticate' | 'now'> {
  /** Differences from `toySettings`. Times in seconds may be fractions. */
  readonly settings?: Partial<ToySettings>
  readonly pages?: Pages
}

const running = new Set<Pick<HttpServer, 'stop'>>()

/** Serves the toy over HTTP on a socket of its own, until `stopHttpToys`. */
export async function startHttpToy(toy: Toy, { settings, pages = new Map(), ...options }: HttpToyOptions = {}) {
  const allSettings = { ...toySettings, ...settings }
  const { pipeline, observer } = createToyPipeline({ settings: allSettings, ...options })
  const tls = await openTls(allSettings, observer, options.now)
  const server = await startHttpServer({ host: '127.0.0.1', port: 0 }, routesOf(toyService(toy)), {
    settings: allSettings,
    tls,
    pipeline,
    pages,
    now: options.now ?? Date.now,
    observer,
  })
  running.add({
    async stop(timeoutMs) {
      await server.stop(timeoutMs)
      tls?.stop()
    },
  })
  return { ...server, url: `${tls ? 'https' : 'http'}://${server.address}`, pipeline, observer }
}

/** Stops everything that was started; for afterEach. */
export async function stopHttpToys(): Promise<void> {
  const servers = [...running]
  running.clear()
  await Promise.all(servers.map((server) => server.stop(500)))
}
