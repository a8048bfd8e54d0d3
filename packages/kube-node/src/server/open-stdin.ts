import { Writable } from 'node:stream'
import type { ProcessSession } from '@slipway/container-engine'
import type { PodEngine } from '../runtime/pod-runtime.ts'

/**
 * Standard inputs that stay open when who types leaves (`stdin` without `stdinOnce`). Podman closes one with the first connection
 * that wrote to it, so that what is typed goes through a connection that is held for as long as the container runs.
 */
export class OpenStdins {
  readonly #engine: Pick<PodEngine, 'attach'>
  readonly #held = new Map<string, Promise<ProcessSession>>()

  constructor(engine: Pick<PodEngine, 'attach'>) {
    this.#engine = engine
  }

  /** Joins the main process of a container. The end of what is typed leaves it (containerd's ContainerIO.Attach). */
  async attach(id: string): Promise<ProcessSession> {
    const held = await this.#hold(id)
    const session = await this.#engine.attach(id)
    const stdin = new Writable({
      write: (chunk: Buffer, _encoding, done) => void held.stdin.write(chunk, () => done()),
      final(done) {
        session.close()
        done()
      },
    })
    return { ...session, stdin }
  }

  stop(): void {
    for (const held of this.#held.values()) held.then((session) => session.close()).catch(() => {})
  }

  #hold(id: string): Promise<ProcessSession> {
    const known = this.#held.get(id)
    if (known) return known
    const held = this.#engine.attach(id, { stdin: true })
    this.#held.set(id, held)
    const forget = (): boolean => this.#held.delete(id)
    held
      .then((session) => {
        session.stdout.resume()
        session.stderr.resume()
        return session.exited
      })
      .then(forget, forget)
    return held
  }
}
