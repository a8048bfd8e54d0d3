import type { ContainerEvent } from '@slipway/container-engine'
import { expect, it } from 'vitest'
import { LABELS, type PodEngine } from '../runtime/pod-runtime.ts'
import { EngineWatch } from './engine-watch.ts'

type EventsArguments = Parameters<PodEngine['events']>

/** An engine that goes and comes back, and what a listener hears of it. */
function world(downAfter: number) {
  const heard: unknown[] = []
  const state = { isUp: true, cut: (): void => {} }
  async function* events(...[, { signal, onReady }]: EventsArguments): AsyncGenerator<ContainerEvent> {
    if (!state.isUp) throw new Error('refused')
    onReady?.()
    for (const action of ['start', 'die']) yield { action, id: 'c', name: 'c', labels: { [LABELS.uid]: 'pod' } }
    await new Promise<void>((resolve) => {
      state.cut = resolve
      signal.addEventListener('abort', () => resolve())
    })
  }
  const listener = {
    connected: () => heard.push('connected'),
    ended: (uid: string) => heard.push(uid),
    available: (isAvailable: boolean) => heard.push(isAvailable),
    error: () => heard.push('error'),
  }
  const watch = new EngineWatch({ events }, 'node', listener, downAfter)
  watch.start()
  const goDown = (): void => {
    state.isUp = false
    state.cut()
  }
  const comeBack = (): void => {
    state.isUp = true
  }
  return { heard, watch, goDown, comeBack }
}

it('an engine that is silent for too long is not available until it is back, and is followed from then on', async () => {
  const { heard, watch, goDown, comeBack } = world(1)
  await expect.poll(() => heard).toEqual(['connected', 'pod'])

  goDown()
  await expect.poll(() => heard).toContain(false)
  comeBack()
  await expect.poll(() => heard.slice(-3)).toEqual([true, 'connected', 'pod'])

  await watch.stop()
  expect(heard.filter((what) => typeof what === 'boolean')).toEqual([false, true])
})

it('a short silence is no failure of the node', async () => {
  const { heard, watch, goDown, comeBack } = world(60_000)
  await expect.poll(() => heard).toEqual(['connected', 'pod'])

  goDown()
  await expect.poll(() => heard).toContain('error')
  comeBack()
  await expect.poll(() => heard.filter((what) => what === 'connected')).toHaveLength(2)

  await watch.stop()
  expect(heard).not.toContain(false)
  expect(heard).not.toContain(true)
})
