import { describe, expect, it } from 'vitest'
import type { Container, Pod } from '../types.ts'
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
const run = (name: string, more: Partial<Attempt> = {}): [string, Observed] => [
  name,
  {
    current: {
      id: `${name}-id`,
      name,
      attempt: 0,
      status: 'running',
      exitCode: 0,
      oomKilled: false,
      imageId: '',
      imageRef: '',
      ports: [],
      labels: {},
      ...more,
    },
  },
]
const exited = (name: string, exitCode: number, more: Partial<Attempt> = {}): [string, Observed] =>
  run(name, { status: 'exited', exitCode, startedAt: ago(20), finishedAt: ago(1), ...more })

describe('decide', () => {
  it.each([
    ['starts the only container', pod(['a']), [], { start: ['a#0'], waiting: {} }],
    ['leaves a running one alone', pod(['a']), [run('a')], { start: [], waiting: {} }],
    ['restarts at once the first time', pod(['a']), [exited('a', 1)], { start: ['a#1'], waiting: {} }],
    [
      'waits before the second restart',
      pod(['a']),
      [exited('a', 1, { attempt: 1 })],
      { start: [], waiting: { a: 'CrashLoopBackOff' } },
    ],
    [
      'forgets crashes after ten steady minutes',
      pod(['a']),
      [exited('a', 1, { attempt: 9, startedAt: ago(700) })],
      { start: ['a#10'], waiting: {} },
    ],
    [
      'ends when all ended well',
      pod(['a'], { restartPolicy: 'OnFailure' }),
      [exited('a', 0)],
      { start: [], waiting: {}, finished: 'Succeeded' },
    ],
    [
      'fails when one failed and may not again',
      pod(['a', 'b'], { restartPolicy: 'Never' }),
      [exited('a', 0), exited('b', 2)],
      { start: [], waiting: {}, finished: 'Failed' },
    ],
    [
      'lets others wait for the owner of the network',
      pod(['a', 'b']),
      [],
      { start: ['a#0'], waiting: { b: 'ContainerCreating' } },
    ],
    ['lets others join the network', pod(['a', 'b']), [run('a')], { start: ['b#0@a-id'], waiting: {} }],
    [
      'runs init containers first',
      pod(['a'], { initContainers: [init('i'), init('j')] }),
      [],
      { start: ['i#0'], waiting: { j: 'PodInitializing', a: 'PodInitializing' } },
    ],
    [
      'goes on when one has succeeded',
      pod(['a'], { initContainers: [init('i'), init('j')] }),
      [exited('i', 0)],
      { start: ['j#0'], waiting: { a: 'PodInitializing' } },
    ],
    [
      'fails with a failed init container',
      pod(['a'], { restartPolicy: 'Never', initContainers: [init('i')] }),
      [exited('i', 1)],
      { start: [], waiting: {}, finished: 'Failed' },
    ],
    ['does not initialize twice', pod(['a'], { initContainers: [init('i')] }), [run('a')], { start: [], waiting: {} }],
    [
      'waits for a sidecar',
      pod(['a'], { initContainers: [init('s', { restartPolicy: 'Always' })] }),
      [],
      { start: ['s#0'], waiting: { a: 'PodInitializing' } },
    ],
    [
      'starts beside a sidecar',
      pod(['a'], { initContainers: [init('s', { restartPolicy: 'Always' })] }),
      [run('s')],
      { start: ['a#0@s-id'], waiting: {} },
    ],
  ] as [string, Pod, [string, Observed][], object][])('%s', (_name, input, observed, expected) => {
    const decision = decide({ pod: input, observed: new Map(observed), started: new Set(['s']), now: NOW })

    expect({
      start: decision.start.map(
        ({ container, attempt, networkOf }) => `${container.name}#${attempt}${networkOf ? `@${networkOf}` : ''}`,
      ),
      waiting: Object.fromEntries([...decision.waiting].map(([name, { reason }]) => [name, reason])),
      ...(decision.finished && { finished: decision.finished }),
    }).toEqual(expected)
  })

  it('says when a crashing container may start again', () => {
    const decision = decide({
      pod: pod(['a']),
      observed: new Map([exited('a', 1, { attempt: 2 })]),
      started: new Set(),
      now: NOW,
    })

    expect(decision.recheckAfter).toBe(19_000)
    expect(decision.waiting.get('a')?.message).toContain('back-off 20s restarting failed container=a')
  })

  it('replaces a container whose network is gone', () => {
    const observed = new Map([run('a', { id: 'second' }), run('b', { networkOf: 'first' })])

    expect(
      decide({ pod: pod(['a', 'b']), observed, started: new Set(), now: NOW }).replace.map(({ name }) => name),
    ).toEqual(['b'])
  })
})
