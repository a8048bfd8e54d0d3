import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { client, clientPath } from './clients.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

/** For what somebody else has to do first. */
const SOON = { timeout: 60_000 }

const folder = mkdtempSync(join(tmpdir(), 'slipway-kube-clients-'))
const kubeconfig = join(folder, 'kubeconfig')

let cluster: ClusterProcess
beforeAll(async () => {
  cluster = startClusterProcess(['--nodes', 'simulated', '--kubeconfig', kubeconfig])
  await cluster.ready
})
afterAll(async () => {
  await cluster?.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

const titled = (name: string, path: string | undefined): string =>
  path ? name : `${name} (skipped: it could not be had)`

const python = clientPath('kube-python/bin/python')
describe.skipIf(!python)(titled('the Python client', python), () => {
  it('reads, writes, watches and applies, typed and dynamic', async () => {
    const program = fileURLToPath(new URL('kube-clients/client.py', import.meta.url))

    expect(await client(python as string, kubeconfig)(program)).toBe('works\n')
  })
})

const greeter = clientPath('greeter')
describe.skipIf(!greeter)(titled('a Go program', greeter), () => {
  it('reads, writes, watches and applies with client-go, in JSON and where it prefers protobuf', async () => {
    expect(await client(greeter as string, kubeconfig)('typed')).toBe(
      'application/json works\napplication/vnd.kubernetes.protobuf works\n',
    )
  })
})

describe.skipIf(!greeter)(titled('an operator made with controller-runtime', greeter), () => {
  let api: KubeClient
  const operators: Operator[] = []
  beforeAll(async () => {
    api = new KubeClient(parseKubeconfig(readFileSync(kubeconfig, 'utf8')))
    await api.create(definition)
  })
  afterAll(async () => {
    for (const { kill } of operators) kill('SIGKILL')
    await api.close()
  })

  it('keeps what a custom resource asks for, and says so in its status and in an event', async () => {
    await expect.poll(() => api.list(GREETING).catch(() => undefined), SOON).toMatchObject({ items: [] })
    await startOperator()
    const made = await api.create(greeting('world'))
    expect(made.spec).toEqual({ who: 'world', salutation: 'Hello' })

    await expect.poll(() => textOf('world'), SOON).toBe('Hello, world!')
    await expect
      .poll(() => read('world'), SOON)
      .toMatchObject({
        metadata: { generation: 1, finalizers: ['greeter.example.com/farewell'] },
        status: { observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True', message: 'Hello, world!' }] },
      })
    await expect.poll(eventNotes, SOON).toContain('said "Hello, world!"')
    await api.patch(configMap('world'), 'merge', { data: { text: 'Boo!' } })
    await expect.poll(() => textOf('world'), SOON).toBe('Hello, world!')
  })

  it('hands over to another when it is stopped, which finishes what a deletion waits for', async () => {
    const [first] = operators
    const second = startOperator()
    first?.kill('SIGTERM')
    await second
    await api.delete({ ...GREETING, name: 'world' })

    await expect.poll(() => textOf('world-farewell'), SOON).toBe('Farewell, world!')
    await expect.poll(() => read('world'), SOON).toBeUndefined()
    await expect.poll(() => textOf('world'), SOON).toBeUndefined()
  })

  /** Resolves when it leads. */
  async function startOperator(): Promise<void> {
    const child = spawn(greeter as string, [], { env: { ...process.env, KUBECONFIG: kubeconfig } })
    operators.push({ kill: (signal) => child.kill(signal) })
    let log = ''
    child.stderr.on('data', (text: Buffer) => {
      log += text
    })
    const ended = once(child, 'exit').then(([status]) => {
      throw new Error(`the operator ended with status ${status} before it led:\n${log}`)
    })
    await Promise.race([once(child.stdout, 'data'), ended])
  }

  const read = (name: string): Promise<KubeObject | undefined> => api.get({ ...GREETING, name })

  async function textOf(name: string): Promise<string | undefined> {
    const found = await api.get<KubeObject & { data?: { text: string } }>(configMap(name))
    return found?.data?.text
  }

  async function eventNotes(): Promise<unknown[]> {
    const { items } = await api.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace: 'default' })
    return items.map(({ note }) => note)
  }
})

interface Operator {
  kill(signal: NodeJS.Signals): void
}

const GREETING = { apiVersion: 'greeter.example.com/v1', kind: 'Greeting', namespace: 'default' }
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name })

function greeting(who: string): KubeObject {
  const { namespace, ...type } = GREETING
  return { ...type, metadata: { name: who, namespace }, spec: { who } }
}

const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'greetings.greeter.example.com' },
  spec: {
    group: 'greeter.example.com',
    scope: 'Namespaced',
    names: { plural: 'greetings', singular: 'greeting', kind: 'Greeting', listKind: 'GreetingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['who'],
                properties: {
                  who: { type: 'string', minLength: 1 },
                  salutation: { type: 'string', default: 'Hello' },
                },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
}
