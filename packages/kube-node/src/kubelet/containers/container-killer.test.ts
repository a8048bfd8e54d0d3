import { PassThrough } from 'node:stream'
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

  /** A pod with a main container and two sidecars that all run, and what is asked of the engine for them. */
  function sidecarPod(hook: object): { killer: ContainerKiller; asked: string[]; end(id: string): void } {
    const asked: string[] = []
    const ends = new Map<string, () => void>()
    const ended = new Map(
      ['web', 'first', 'second'].map((name) => [name, new Promise<void>((resolve) => ends.set(name, resolve))]),
    )
    const end = (id: string): void => ends.get(id)?.()
    const containers = [...ended.keys()].map((name) => ({
      ...{ name, image: 'i', lifecycle: { preStop: hook } },
      ...(name !== 'web' && { restartPolicy: 'Always' }),
    }))
    const engine = {
      exec: async (id: string) => {
        asked.push(`hook ${id}`)
        return { stdout: new PassThrough(), stderr: new PassThrough(), exited: Promise.resolve(0), close: () => {} }
      },
      stop: (id: string, seconds: number) => {
        asked.push(`stop ${id} ${Math.round(seconds)}`)
        return ended.get(id)
      },
      kill: async (id: string) => {
        asked.push(`kill ${id}`)
        end(id)
      },
    }
    const observed = {
      running: () => containers.map(({ name }) => ({ id: name, name })),
      container: (name: string) => containers.find((container) => container.name === name),
      target: (container: object, containerId: string) => ({ engine, container, containerId }),
      pod: { spec: { containers: containers.slice(0, 1), initContainers: containers.slice(1) } },
    }
    const deps = { event: () => {}, runtime: { engine, simulated: false } }
    const killer = new ContainerKiller(
      observed as unknown as ObservedPod,
      deps as unknown as WorkerDeps,
      new AbortController().signal,
    )
    return { killer, asked, end }
  }

  it('runs every preStop hook at once, and ends sidecars after the others, the last one first', async () => {
    const { killer, asked, end } = sidecarPod({ exec: { command: ['drain'] } })
    const settled = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))

    const ending = killer.endAll(30)
    await settled()
    const seen = [asked.splice(0)]
    for (const id of ['web', 'second', 'first']) {
      end(id)
      await settled()
      seen.push(asked.splice(0))
    }
    await ending

    expect(seen).toEqual([
      ['hook web', 'hook second', 'hook first', 'stop web 30'],
      ['stop second 30'],
      ['stop first 30'],
      [],
    ])
  })

  it('waits for no preStop hook any more when nothing has any time left', async () => {
    const { killer, asked } = sidecarPod({ sleep: { seconds: 3600 } })

    const ending = killer.endAll(3600)
    await killer.killAll()
    await ending

    expect(asked).toEqual([
      ...['kill web', 'kill first', 'kill second'],
      ...['stop web 0', 'stop second 0', 'stop first 0'],
    ])
  })
})
