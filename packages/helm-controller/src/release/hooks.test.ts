import type { HookExecution, ReleaseHook } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runHooks } from './hooks.ts'

const server = new MemoryApiServer([
  { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' },
])
let client: KubeClient
/** What was created and deleted, in this order. */
let done: string[] = []

beforeAll(async () => {
  client = await server.start()
})
afterAll(async () => {
  await client.close()
  await server.stop()
})
beforeEach(() => {
  done = []
})

/** The client, which notes what it does; a Job ends as soon as it is created, and one named `broken` fails. */
function noting(): KubeClient {
  const create = async (object: KubeObject): Promise<unknown> => {
    if (object.metadata.name === 'refused') throw new Error('not allowed')
    const created = await client.create(object)
    done.push(`+${object.metadata.name}`)
    if (object.kind !== 'Job') return created
    const type = object.metadata.name === 'broken' ? 'Failed' : 'Complete'
    const ref = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'apps', name: object.metadata.name }
    return client.patch(ref, 'merge', { status: { conditions: [{ type, status: 'True' }] } }, { subresource: 'status' })
  }
  const remove = (ref: { name: string }): Promise<unknown> => {
    if (ref.name === 'stuck') throw new Error('it stays')
    done.push(`-${ref.name}`)
    return client.delete(ref as never)
  }
  return new Proxy(client, {
    get: (target, key) => {
      if (key === 'create') return create
      if (key === 'delete') return remove
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function hook(kind: string, name: string, policies: readonly string[] = [], weight = 0): ReleaseHook {
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'v1'
  return {
    kind,
    name,
    weight,
    path: `demo/templates/${name}.yaml`,
    manifest: JSON.stringify({ apiVersion, kind, metadata: { name } }),
    events: ['pre-install'],
    delete_policies: policies,
    last_run: { phase: '' },
  }
}

async function run(hooks: readonly ReleaseHook[]) {
  const executions = new Map<ReleaseHook, HookExecution>()
  const noted = noting()
  const { signal } = new AbortController()
  const patience = { timeout: 5_000, signal }
  const result = runHooks(hooks, 'pre-install', {
    client: noted,
    namespace: 'apps',
    write: (object) => noted.create(object),
    now: () => new Date(),
    executions,
    ...patience,
  })
  await result.finally(() => done.push(...Array.from(executions, ([{ name }, { phase }]) => `${name} ${phase}`)))
}

const once = ['before-hook-creation', 'hook-succeeded']

describe('hooks of one event', () => {
  it('that are deleted when they have succeeded stay until all have run', async () => {
    await run([
      hook('Job', 'account-create', once),
      hook('ServiceAccount', 'account', once),
      hook('Secret', 'last', [], 5),
    ])

    expect(done).toEqual([
      '+account',
      '+account-create',
      '+last',
      '-account-create',
      '-account',
      'account Succeeded',
      'account-create Succeeded',
      'last Succeeded',
    ])
  })

  it('take the place of those of the last run', async () => {
    await run([hook('Secret', 'again')])
    await run([hook('Secret', 'again')])

    expect(done.filter((step) => !step.includes(' '))).toEqual(['+again', '-again', '+again'])
  })

  it('end with the first that fails: it goes if it says so, those before it go, those after it never come', async () => {
    const hooks = [
      hook('ServiceAccount', 'a', once),
      hook('Job', 'broken', ['hook-failed'], 1),
      hook('Secret', 'never', once, 2),
    ]

    await expect(run(hooks)).rejects.toMatchObject({ code: 'RELEASE_HOOK_FAILED' })
    expect(done).toEqual(['+a', '+broken', '-broken', '-a', 'a Succeeded', 'broken Failed'])
  })

  it('tell of the failure, also where what was made before can not be deleted', async () => {
    const hooks = [
      hook('ServiceAccount', 'stuck', ['hook-succeeded']),
      hook('Job', 'broken', ['before-hook-creation'], 1),
    ]

    await expect(run(hooks)).rejects.toThrow(/^failed pre-install: (?!it stays)/)
    expect(done).toContain('broken Failed')
  })

  it('leave everything as it is when one is refused, in the words of Helm', async () => {
    const hooks = [hook('ServiceAccount', 'b', ['hook-succeeded']), hook('Secret', 'refused', ['hook-failed'], 1)]

    await expect(run(hooks)).rejects.toThrow(
      'failed pre-install: warning: Hook pre-install demo/templates/refused.yaml failed: not allowed',
    )
    expect(done).toEqual(['+b', 'b Succeeded', 'refused Failed'])
  })
})
