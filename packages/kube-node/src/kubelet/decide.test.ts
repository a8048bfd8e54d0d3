import { describe, expect, it } from 'vitest'
import type { Container, Pod } from '../model/pod.ts'
import { decide } from './decide.ts'
import type { Attempt, Observed } from './observe.ts'

const NOW = Date.parse('2026-01-01T00:10:00Z')
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()
const pod = (containers: string[], spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
  spec: { containers: containers.map((name) => ({ name, image: 'i' })), ...spec },
})
const init = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'i', ...more })
const attempt = (name: string, more: Partial<Attempt> = {}): Attempt => ({
  id: `${name}-id`,
  name,
  attempt: 0,
  status: 'running',
  exitCode: 0,
  oomKilled: false,
  imageRef: '',
  image: 'i',
  ports: [],
  labels: {},
  sandbox: 'POD-id',
  ...more,
})
const sandbox = attempt('POD')
const lostSandbox = attempt('POD', { status: 'exited' })
const run = (name: string, more: Partial<Attempt> = {}): [string, Observed] => [name, { current: attempt(name, more) }]
const exited = (name: string, exitCode: number, more: Partial<Attempt> = {}): [string, Observed] =>
  run(name, { status: 'exited', exitCode, startedAt: ago(20), finishedAt: ago(1), ...more })
const sidecar = init('s', { restartPolicy: 'Always' })

type Summary = Partial<Record<'start' | 'kill', string[]> & Record<'waiting', Record<string, string>>> & {
  sandbox?: number
  finished?: string
}

/** What was decided, without what is empty. */
function summary(pod: Pod, box: Attempt | undefined, observed: [string, Observed][]): Summary {
  const input = {
    ...{ pod, observed: new Map(observed), started: new Set(['s']), now: NOW, ...(box && { sandbox: box }) },
    delayAfter: (_container: Container, last: Attempt) => last.attempt * 10_000,
  }
  const { start, kill, waiting, finished, sandbox: number } = decide(input)
  return {
    ...(number !== undefined && { sandbox: number }),
    ...(start.length > 0 && { start: start.map((one) => `${one.container.name}#${one.attempt}`) }),
    ...(kill.length > 0 && { kill: kill.map((one) => one.attempt.name) }),
    ...(waiting.size > 0 && { waiting: Object.fromEntries([...waiting].map(([name, { reason }]) => [name, reason])) }),
    ...(finished && { finished }),
  }
}

describe('decide', () => {
  it.each([
    ['makes the sandbox first', pod(['a']), undefined, [], { sandbox: 0, waiting: { a: 'ContainerCreating' } }],
    [
      'makes one that was created and never ran once more',
      pod(['a']),
      attempt('POD', { status: 'created' }),
      [],
      { sandbox: 0, waiting: { a: 'ContainerCreating' } },
    ],
    ['starts all containers in it', pod(['a', 'b']), sandbox, [], { start: ['a#0', 'b#0'] }],
    ['leaves a running one alone', pod(['a']), sandbox, [run('a')], {}],
    ['restarts at once the first time', pod(['a']), sandbox, [exited('a', 1)], { start: ['a#1'] }],
    [
      'waits before the second restart',
      pod(['a']),
      sandbox,
      [exited('a', 1, { attempt: 1 })],
      { waiting: { a: 'CrashLoopBackOff' } },
    ],
    [
      'restarts what has waited long enough',
      pod(['a']),
      sandbox,
      [exited('a', 1, { attempt: 1, finishedAt: ago(10) })],
      { start: ['a#2'] },
    ],
    [
      'ends when all ended well',
      pod(['a'], { restartPolicy: 'OnFailure' }),
      sandbox,
      [exited('a', 0)],
      { finished: 'Succeeded' },
    ],
    [
      'fails when one failed and may not again',
      pod(['a', 'b'], { restartPolicy: 'Never' }),
      sandbox,
      [exited('a', 0), exited('b', 2)],
      { finished: 'Failed' },
    ],
    ['replaces a container whose image changed', pod(['a']), sandbox, [run('a', { image: 'old' })], { kill: ['a'] }],
    [
      'starts what has ended with another image, whatever the policy',
      pod(['a'], { restartPolicy: 'Never' }),
      sandbox,
      [exited('a', 0, { image: 'old' })],
      { start: ['a#1'] },
    ],
    [
      'replaces a lost sandbox, and what was in it',
      pod(['a', 'b']),
      lostSandbox,
      [run('a'), exited('b', 1)],
      { kill: ['a'], sandbox: 1, waiting: { a: 'ContainerCreating', b: 'ContainerCreating' } },
    ],
    ['ends what is left of an earlier sandbox', pod(['a']), sandbox, [run('a', { sandbox: 'old' })], { kill: ['a'] }],
    [
      'does not run again what lost its sandbox and may run once',
      pod(['a'], { restartPolicy: 'Never' }),
      lostSandbox,
      [run('a')],
      { finished: 'Failed' },
    ],
    [
      'needs no sandbox for what is over',
      pod(['a'], { restartPolicy: 'Never' }),
      lostSandbox,
      [exited('a', 0)],
      { finished: 'Succeeded' },
    ],
    [
      'runs init containers first',
      pod(['a'], { initContainers: [init('i'), init('j')] }),
      sandbox,
      [],
      { start: ['i#0'], waiting: { j: 'PodInitializing', a: 'PodInitializing' } },
    ],
    [
      'goes on when one has succeeded',
      pod(['a'], { initContainers: [init('i'), init('j')] }),
      sandbox,
      [exited('i', 0)],
      { start: ['j#0'], waiting: { a: 'PodInitializing' } },
    ],
    [
      'initializes anew in a new sandbox',
      pod(['a'], { initContainers: [init('i')] }),
      sandbox,
      [exited('i', 0, { sandbox: 'old' }), exited('a', 1, { sandbox: 'old' })],
      { start: ['i#1'], waiting: { a: 'PodInitializing' } },
    ],
    [
      'fails with a failed init container',
      pod(['a'], { restartPolicy: 'Never', initContainers: [init('i')] }),
      sandbox,
      [exited('i', 1)],
      { finished: 'Failed' },
    ],
    ['does not initialize twice', pod(['a'], { initContainers: [init('i')] }), sandbox, [run('a')], {}],
    [
      'waits for a sidecar',
      pod(['a'], { initContainers: [sidecar] }),
      sandbox,
      [],
      { start: ['s#0'], waiting: { a: 'PodInitializing' } },
    ],
    ['starts beside a sidecar', pod(['a'], { initContainers: [sidecar] }), sandbox, [run('s')], { start: ['a#0'] }],
    [
      'restarts a sidecar whatever the policy',
      pod(['a'], { restartPolicy: 'Never', initContainers: [sidecar] }),
      sandbox,
      [exited('s', 0), run('a')],
      { start: ['s#1'] },
    ],
    [
      'ends beside a sidecar that runs',
      pod(['a'], { restartPolicy: 'Never', initContainers: [sidecar] }),
      sandbox,
      [run('s'), exited('a', 0)],
      { finished: 'Succeeded' },
    ],
    [
      'starts an ephemeral container once',
      pod(['a'], { ephemeralContainers: [init('e'), init('f')] }),
      sandbox,
      [run('a'), exited('f', 1)],
      { start: ['e#0'] },
    ],
  ] as [
    string,
    Pod,
    Attempt | undefined,
    [string, Observed][],
    Summary,
  ][])('%s', (_name, input, box, observed, expected) => {
    expect(summary(input, box, observed)).toEqual(expected)
  })

  it('says when a crashing container may start again', () => {
    const observed = new Map([exited('a', 1, { attempt: 2 })])

    const decision = decide({
      pod: pod(['a']),
      sandbox,
      observed,
      started: new Set(),
      now: NOW,
      delayAfter: () => 20_000,
    })

    expect(decision.recheckAfter).toBe(19_000)
    expect(decision.waiting.get('a')?.message).toContain('back-off 20s restarting failed container=a')
  })
})
