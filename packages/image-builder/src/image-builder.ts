import type { HttpHandler, HttpRoute } from '@slipway/http-server'
import type { ImageBuilderOptions } from './port.ts'
import { type BuilderDeps, sendUserError, serveBlobs, serveManagement } from './routes.ts'
import { RunStore } from './runs/run-store.ts'
import { Runner } from './runs/runner.ts'
import { Sources } from './runs/sources.ts'

export interface ImageBuilder {
  /** `/subscriptions/` and `/build/`. */
  routes: HttpRoute[]
  /** Ends the builds that go on. */
  stop(): Promise<void>
}

/** Builds images from uploaded sources and pushes them, served in the shape of ACR tasks. */
export async function createImageBuilder(options: ImageBuilderOptions): Promise<ImageBuilder> {
  const clock = options.clock ?? Date.now
  const now = (): string => new Date(clock()).toISOString()
  const runs = await RunStore.open(options.dir, now())
  const sources = await Sources.open(options.dir)
  const runner = new Runner(options, runs, now)
  const deps: BuilderDeps = { options, runs, sources, runner }
  return {
    stop: () => runner.stop(),
    routes: [
      { path: '/subscriptions/', handle: answering((request, response) => serveManagement(deps, request, response)) },
      { path: '/build/', handle: answering((request, response) => serveBlobs(deps, request, response)) },
    ],
  }
}

function answering(serve: HttpHandler): HttpHandler {
  return async (request, response) => {
    try {
      await serve(request, response)
    } catch (error) {
      sendUserError(response, error)
    }
  }
}
