import type { ContainerResources } from '@slipway/container-engine'
import { describe, expect, it } from 'vitest'
import type { NodeObject } from '../../model/node.ts'
import type { Container, Pod, ResourceRequirements } from '../../model/pod.ts'
import { LABELS } from '../../runtime/pod-runtime.ts'
import type { Attempt } from '../observe.ts'
import type { ObservedPod } from '../observed-pod.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { differences } from './held-resources.ts'
import { type ResizeRefusal, resizeRefusal } from './refusal.ts'
import { Resizer } from './resizer.ts'

const of = (cpu: string, memory: string): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
})
const podOf = (...containers: Partial<Container>[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
  spec: { containers: containers.map((one) => ({ name: 'c', image: 'i', ...one })) },
})
const attempt = (made: ResourceRequirements, status: Attempt['status'] = 'running'): Attempt => ({
  id: 'c-id',
  name: 'c',
  attempt: 0,
  status,
  exitCode: 0,
  oomKilled: false,
  imageRef: '',
  ports: [],
  labels: { [LABELS.resources]: JSON.stringify(made) },
})

/** A pod whose container was made with other resources than its spec has, and what the resizer does about it. */
class World {
  readonly updates: [string, ContainerResources][] = []
  readonly events: string[] = []
  readonly said: unknown[] = []
  refusal: ResizeRefusal | undefined
  failure: Error | undefined
  readonly resizer: Resizer
  readonly #containers: Map<string, { current: Attempt }>
  readonly #observed: { pod: Pod }

  constructor(pod: Pod, current: Attempt | undefined) {
    this.#containers = new Map(current ? [['c', { current }]] : [])
    const observed = { pod, containers: this.#containers } as unknown as ObservedPod
    this.#observed = observed as { pod: Pod }
    const deps = {
      runtime: {
        engine: {
          usage: async () => ({ cpuNanoseconds: 0, memoryBytes: 10 * 1024 ** 2 }),
          update: async (id: string, resources: ContainerResources) => {
            if (this.failure) throw this.failure
            this.updates.push([id, resources])
          },
        },
      },
      grantResizes: () => this.resizer.consider(this.refusal),
      event: (_pod: Pod, _type: string, reason: string) => this.events.push(reason),
    } as unknown as WorkerDeps
    this.resizer = new Resizer(observed, deps, () => this.said.push(this.resizer.state.inProgress))
  }

  /** The spec is another. */
  ask(pod: Pod): void {
    this.#observed.pod = pod
  }

  /** The container was started anew. */
  replace(current: Attempt): void {
    this.#containers.set('c', { current: { ...current, id: 'next-id' } })
  }
}

describe('a change of resources', () => {
  it('reaches a running container at once, is told of, and is done', async () => {
    const world = new World(podOf({ resources: of('200m', '40Mi') }), attempt(of('100m', '20Mi')))

    const { resized } = await world.resizer.sync()

    expect(world.updates).toEqual([['c-id', { cpuLimit: 0.2, memoryLimit: 40 * 1024 ** 2, cpuShares: 204 }]])
    expect(world.said).toEqual([{}])
    expect(world.events).toEqual(['ResizeCompleted'])
    expect(world.resizer.state).toEqual({ held: new Map([['c', of('200m', '40Mi')]]) })
    expect(resized.size).toBe(0)
  })

  it.each<[string, Pod, Attempt | undefined]>([
    ['amounts are written otherwise', podOf({ resources: of('0.1', '20480Ki') }), attempt(of('100m', '20Mi'))],
    ['the container was never made', podOf({ resources: of('100m', '20Mi') }), undefined],
    ['nothing is asked for', podOf({}), attempt({})],
    ['other resources differ', podOf({ resources: { limits: { 'ephemeral-storage': '1Gi' } } }), attempt({})],
  ])('is none when %s', async (_when, pod, current) => {
    const world = new World(pod, current)

    await world.resizer.sync()

    expect([world.updates, world.events, world.said]).toEqual([[], [], []])
  })

  it('waits for the next start of a container that does not run', async () => {
    const world = new World(podOf({ resources: of('200m', '20Mi') }), attempt(of('100m', '20Mi'), 'exited'))

    await world.resizer.sync()

    expect([world.updates, world.events]).toEqual([[], []])
    expect(world.resizer.state.held.get('c')).toEqual(of('200m', '20Mi'))
  })

  it.each([
    ['memory', of('100m', '40Mi'), ['c']],
    ['cpu', of('200m', '20Mi'), []],
  ] as const)('replaces the container where the policy of what changes says so: %s', async (_what, resources, names) => {
    const resizePolicy: Container['resizePolicy'] = [
      { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      { resourceName: 'memory', restartPolicy: 'RestartContainer' },
    ]
    const world = new World(podOf({ resources, resizePolicy }), attempt(of('100m', '20Mi')))

    const { resized } = await world.resizer.sync()

    expect([...resized]).toEqual(names)
    expect(world.updates).toHaveLength(1 - names.length)
    world.replace(attempt(resources))
    await world.resizer.sync()
    expect(world.events).toEqual(['ResizeCompleted'])
    expect(world.resizer.state.inProgress).toBeUndefined()
  })

  it('that is refused leaves all as it was, also for the next start', async () => {
    const world = new World(podOf({ resources: of('9', '20Mi') }), attempt(of('100m', '20Mi')))
    world.refusal = { reason: 'Deferred', message: 'later' }

    const { recheck } = await world.resizer.sync()

    expect(world.updates).toEqual([])
    expect(world.resizer.state.pending).toEqual(world.refusal)
    expect(world.resizer.granted.spec.containers[0]?.resources).toEqual(of('100m', '20Mi'))
    expect(recheck).toBe(30_000)
    world.refusal = undefined
    await world.resizer.sync()
    expect(world.resizer.state.pending).toBeUndefined()
    expect(world.updates).toHaveLength(1)
  })

  it('that waits is forgotten when it is taken back', async () => {
    const world = new World(podOf({ resources: of('9', '20Mi') }), attempt(of('100m', '20Mi')))
    world.refusal = { reason: 'Deferred', message: "Node didn't have enough resource: cpu" }
    await world.resizer.sync()
    expect(world.resizer.wants).toBe(true)

    world.ask(podOf({ resources: of('100m', '20Mi') }))
    const { recheck } = await world.resizer.sync()

    expect(recheck).toBeUndefined()
    expect(world.resizer.wants).toBe(false)
    expect(world.resizer.state.pending).toBeUndefined()
    expect([world.updates, world.events]).toEqual([[], []])
  })

  it('that waits does not keep one that was granted before from being done', async () => {
    const world = new World(podOf({ resources: of('200m', '20Mi') }), attempt(of('100m', '20Mi')))
    world.failure = new Error('device or resource busy')
    await world.resizer.sync()

    world.ask(podOf({ resources: of('9', '20Mi') }))
    world.refusal = { reason: 'Deferred', message: "Node didn't have enough resource: cpu" }
    world.failure = undefined
    await world.resizer.sync()

    expect(world.updates.map(([, { cpuLimit }]) => cpuLimit)).toEqual([0.2])
    expect(world.resizer.state.pending).toEqual(world.refusal)
    expect(world.resizer.granted.spec.containers[0]?.resources).toEqual(of('200m', '20Mi'))
  })

  it('that the engine refuses stays in progress with its words, and is tried again', async () => {
    const world = new World(podOf({ resources: of('100m', '30Mi') }), attempt(of('100m', '20Mi')))
    world.failure = new Error('device or resource busy')

    const { recheck } = await world.resizer.sync()

    expect(world.resizer.state.inProgress).toEqual({ reason: 'Error', message: 'device or resource busy' })
    expect(world.resizer.state.held.get('c')).toEqual(of('100m', '20Mi'))
    expect(recheck).toBe(30_000)
    world.failure = undefined
    await world.resizer.sync()
    expect(world.resizer.state.inProgress).toBeUndefined()
    expect(world.events).toEqual(['ResizeCompleted'])
  })
})

it.each([
  ['11Mi', 1, undefined],
  ['10Mi', 0, 'attempting to set container "c" memory limit (10485760) below current usage (10485760)'],
])('a limit of %s for a container that has 10 MiB is set %i times', async (memory, times, message) => {
  const world = new World(podOf({ resources: of('100m', memory) }), attempt(of('100m', '20Mi')))

  await world.resizer.sync()

  expect(world.updates).toHaveLength(times)
  expect(world.resizer.state.inProgress?.message).toBe(message)
})

describe('a node', () => {
  const allocatable = { cpu: '2', memory: '1Gi', pods: '10' }
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, status: { allocatable } } as NodeObject
  const other = podOf({ resources: of('1', '100Mi') })
  /** It asks for more than it has, and can't get it: it counts with what it has. */
  const stuck: Pod = {
    ...podOf({ resources: of('64', '100Mi') }),
    status: {
      phase: 'Running',
      conditions: [
        {
          type: 'PodResizePending',
          status: 'True',
          reason: 'Infeasible',
          lastProbeTime: null,
          lastTransitionTime: null,
        },
      ],
      containerStatuses: [
        {
          name: 'c',
          image: 'i',
          imageID: '',
          ready: true,
          restartCount: 0,
          state: {},
          lastState: {},
          allocatedResources: { cpu: '500m', memory: '100Mi' },
        },
      ],
    },
  }

  it.each<[string, ResourceRequirements, Pod[], string | undefined]>([
    ['grants what it has left', of('1', '900Mi'), [other], undefined],
    [
      'defers what others hold',
      of('1500m', '20Mi'),
      [other],
      "Deferred: Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
    ],
    ['counts what a pod has, not what it can never get', of('1500m', '20Mi'), [stuck], undefined],
    [
      'refuses more memory than it has',
      of('1', '2Gi'),
      [],
      "Infeasible: Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824",
    ],
    [
      'refuses more processors than it has',
      of('4', '1Gi'),
      [],
      "Infeasible: Node didn't have enough capacity: cpu, requested: 4000, capacity: 2000",
    ],
  ])('%s', (_what, resources, others, expected) => {
    const refusal = resizeRefusal(podOf({ resources }), node, others)

    expect(refusal && `${refusal.reason}: ${refusal.message}`).toBe(expected)
  })
})

it.each([
  [of('1', '1Gi'), of('1000m', '1024Mi'), []],
  [of('1', '1Gi'), of('2', '1Gi'), ['cpu']],
  [{ requests: { cpu: '1' } }, { limits: { cpu: '1' } }, ['cpu']],
  [undefined, of('1', '1Gi'), ['cpu', 'memory']],
])('%j and %j differ in %j', (one, other, expected) => {
  expect(differences(one, other)).toEqual(expected)
})
