import { describe, expect, it } from 'vitest'
import type { ObservedPod } from '../observed-pod.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { ContainerKiller } from './container-killer.ts'

describe('ContainerKiller', () => {
  it('lets go of a container that takes its time when the program leaves', async () => {
    const leaving = new AbortController()
    const asked: string[] = []
    const engine = {
      stop: (id: string): Promise<void> => {
        asked.push(id)
        return new Promise(() => {})
      },
    }
    const observed = { running: () => [{ id: 'c1', name: 'web' }], container: () => undefined, pod: { spec: {} } }
    const deps = { event: () => {}, runtime: { engine, simulated: false } }
    const killer = new ContainerKiller(
      observed as unknown as ObservedPod,
      deps as unknown as WorkerDeps,
      leaving.signal,
    )

    const stopping = killer.endAll(30)
    leaving.abort()

    await expect(stopping).rejects.toThrow(/abort/)
    expect(asked).toEqual(['c1'])
  })
})
