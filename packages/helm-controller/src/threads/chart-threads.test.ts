import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { defaultCapabilities } from '@slipway/helm-chart'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AskedWorld, RenderTask } from '../rendering/rendering.ts'
import { Answers, renderInRounds } from '../rendering/rounds.ts'
import { ChartThreads } from './chart-threads.ts'

let source: string
const threads = new ChartThreads(
  () => new Worker(source, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } }),
)
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./testing/chart-thread.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    write: false,
  })
  source = outputFiles[0]?.text ?? ''
})
afterAll(() => threads.close())

const { signal } = new AbortController()
const task: RenderTask = {
  values: { who: 'world' },
  name: 'rel',
  namespace: 'apps',
  revision: 3,
  isUpgrade: true,
  firstDeployed: '2025-12-31T00:00:00Z',
  capabilities: defaultCapabilities,
}

function read(template: string, more: Readonly<Record<string, string>> = {}) {
  const files = { 'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 0.1.0\n', 'templates/a.yaml': template, ...more }
  const content = Object.entries(files).map(([name, text]) => ({ name, data: new TextEncoder().encode(text) }))
  return threads.read({ digest: JSON.stringify(files), content }, signal)
}

/** A world whose objects are found by `lookup`'s last argument. */
function worldOf(objects: Readonly<Record<string, unknown>> = {}): AskedWorld & { fetched: string[] } {
  const fetched: string[] = []
  const nothing = { fetch: async () => [], rounds: 0, tooMuch: [] }
  const find = async (key: string) => {
    const name = JSON.parse(key)[3] as string
    fetched.push(name)
    return objects[name]
  }
  return {
    objects: new Answers<unknown>({ fetch: find, rounds: 3, tooMuch: { data: { next: 'too late' } } }),
    documents: new Answers({ fetch: async () => new Uint8Array(), rounds: 0, tooMuch: new Uint8Array() }),
    hosts: new Answers<readonly string[]>(nothing),
    fetched,
  }
}

async function rendered(template: string, world = worldOf()): Promise<string> {
  const { rendering } = await read(template)
  const { release } = await renderInRounds([world.objects], (isComplete) => rendering(task, world, { isComplete }))
  return (release.manifest ?? '').replace('---\n# Source: demo/templates/a.yaml\n', '')
}

describe('charts on threads', () => {
  it('are rendered with the values, as the revision that they are', async () => {
    const { rendering } = await read('a: {{ .Values.who }} {{ .Release.Revision }} {{ .Release.IsUpgrade }}', {
      'crds/thing.yaml': 'kind: CustomResourceDefinition',
    })

    const { release, crds } = await rendering(task, worldOf(), { isComplete: () => true })

    expect(release).toMatchObject({
      name: 'rel',
      version: 3,
      config: { who: 'world' },
      info: { first_deployed: '2025-12-31T00:00:00.000Z', last_deployed: '2026-01-01T00:00:00.000Z' },
      manifest: '---\n# Source: demo/templates/a.yaml\na: world 3 true\n',
    })
    expect(crds).toEqual([{ name: 'crds/thing.yaml', text: 'kind: CustomResourceDefinition' }])
  })

  it('show their files', async () => {
    const { readFile } = await read('a: 1', { 'values-production.yaml': 'who: all' })

    expect([await readFile('values-production.yaml'), await readFile('values-test.yaml')]).toEqual([
      'who: all',
      undefined,
    ])
  })

  it('find the objects that they look up, by what they found before', async () => {
    const world = worldOf({ first: { data: { next: 'second' } }, second: { data: { next: 'third' } } })
    const chain = `{{ $first := lookup "v1" "ConfigMap" "apps" "first" }}
{{- $second := lookup "v1" "ConfigMap" "apps" $first.data.next }}
{{- $third := lookup "v1" "ConfigMap" "apps" $second.data.next -}}
a: {{ $second.data.next }} {{ len $third }}`

    await expect(rendered(chain, world)).resolves.toBe('a: third 0\n')
    expect(world.fetched).toEqual(['first', 'second', 'third'])
  })

  it('get an answer in the end, although they ask for another object each time', async () => {
    const world = worldOf()
    const restless = 'a: {{ (lookup "v1" "ConfigMap" "apps" (randAlpha 9)).data.next }}'

    await expect(rendered(restless, world)).resolves.toBe('a: too late\n')
    expect(world.fetched).toHaveLength(3)
  })

  it('fail as they do on this thread', async () => {
    await expect(rendered('a: {{ fail "not like this" }}')).rejects.toMatchObject({
      class: 'user',
      code: 'CHART_TEMPLATE_FAILED',
      message: expect.stringContaining('not like this'),
    })
    await expect(threads.read({ digest: 'none', content: new Uint8Array(3) }, signal)).rejects.toMatchObject({
      class: 'user',
    })
  })

  it('hold up neither this thread nor each other while they take long', async () => {
    const ends: string[] = []
    const loops = '{{ range until 1000 }}{{ range until 1000 }}{{ $x := add 1 2 }}{{ end }}{{ end }}'
    const long = rendered(`${loops}a: 1`).then((text) => ends.push(text))
    const short = rendered('a: 2').then((text) => ends.push(text))
    const turn = new Promise<void>((resolve) => setImmediate(() => resolve(void ends.push('a turn of this thread'))))
    await Promise.all([long, short, turn])

    expect(ends).toEqual(['a turn of this thread', 'a: 2\n', 'a: 1\n'])
  })

  it('that take more memory than they may have fail alone', async () => {
    const greedy =
      '{{ $all := dict }}{{ range until 1000000 }}{{ $_ := set $all (toString .) (list . . . .) }}{{ end }}a: 1'

    const [first, second] = await Promise.allSettled([rendered(greedy), rendered('a: 2')])

    expect(first).toMatchObject({ status: 'rejected', reason: { class: 'user', code: 'CHART_TOO_LARGE' } })
    expect(second).toEqual({ status: 'fulfilled', value: 'a: 2\n' })
    await expect(rendered('a: 3')).resolves.toBe('a: 3\n')
  })
})
