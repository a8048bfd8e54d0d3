import type { BuildRequest, ContainerEngine, OutputHandler } from '@slipway/container-engine'

/** The part of an engine that the builder uses; it has every image, says each build argument, and fails for the target `fail`. */
export class FakeEngine {
  readonly builds: BuildRequest[] = []
  readonly pushes: string[] = []
  /** Builds go on until they are given up. */
  hangs = false
  /** Awaited by every build. */
  gate: Promise<void> = Promise.resolve()

  async inspectImage(): Promise<object> {
    return {}
  }

  async build(request: BuildRequest, onOutput: OutputHandler = () => {}): Promise<{ imageId: string }> {
    this.builds.push(request)
    request.context.resume()
    for (const [name, value] of Object.entries(request.buildArgs ?? {})) onOutput(`${name}=${value}\n`)
    await this.gate
    if (this.hangs)
      await new Promise((_, reject) => request.signal?.addEventListener('abort', () => reject(request.signal?.reason)))
    if (request.target === 'fail') throw new Error('RUN exited with status 1')
    return { imageId: 'sha256:1' }
  }

  async push(reference: string): Promise<{ digest: string }> {
    this.pushes.push(reference)
    return { digest: `sha256:${'d'.repeat(64)}` }
  }

  asEngine(): ContainerEngine {
    return this as unknown as ContainerEngine
  }
}
