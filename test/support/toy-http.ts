import { routesOf } from '../../src/calls/service.js'
import type { Pages } from '../../src/http/pages.js'
import { type HttpServer, startHttpServer } from '../../src/http/server.js'
import { createToyPipeline, type Toy, type ToySettings, toyService, toySettings } from './toy-service.js'

export interface HttpToyOptions {
  /** Differences from `toySettings`. Times in seconds may be fractions. */
  readonly settings?: Partial<ToySettings>
  readonly pages?: Pages
}

const running = new Set<HttpServer>()

/** Serves the toy over HTTP on a socket of its own, until `stopHttpToys`. */
export async function startHttpToy(toy: Toy, { settings, pages = new Map() }: HttpToyOptions = {}) {
  const allSettings = { ...toySettings, ...settings }
  const { pipeline, observer } = createToyPipeline({ settings: allSettings })
  const options = { settings: allSettings, pipeline, pages, now: Date.now, observer }
  const server = await startHttpServer({ host: '127.0.0.1', port: 0 }, routesOf(toyService(toy)), options)
  running.add(server)
  return { ...server, url: `http://${server.address}`, pipeline, observer }
}

/** Stops everything that was started; for afterEach. */
export async function stopHttpToys(): Promise<void> {
  const servers = [...running]
  running.clear()
  await Promise.all(servers.map((server) => server.stop(500)))
}
