import { messageOf, UserError } from '@slipway/errors'
import type { ReleaseHook } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { print } from '../flags.ts'
import type { HelmSettings } from '../settings.ts'
import { type Cluster, withCluster } from './cluster.ts'
import { interrupts, type WaitFlags } from './deploy-flags.ts'
import { hooksFor, releaseText } from './release-text.ts'
import { revisionOf } from './stored.ts'

/** The flags of `helm test`. */
export interface TestFlags extends WaitFlags {
  readonly filter: readonly string[]
  readonly logs: boolean
}

/** `helm test RELEASE`: runs its tests and says how each went. */
export async function testRelease(name: string, flags: TestFlags, settings: HelmSettings): Promise<void> {
  const isWanted = hookFilter(flags.filter)
  await withCluster(settings, async (cluster) => {
    const stored = await revisionOf(cluster, name)
    const logs = new Map<string, string>()
    const keepLog = async (hook: ReleaseHook): Promise<void> => {
      if (!flags.logs || hook.kind !== 'Pod') return
      const text = await podLog(cluster.client, stored.release.namespace, hook.name ?? '').catch(() => undefined)
      if (text !== undefined) logs.set(hook.name ?? '', text)
    }
    const options = { timeout: flags.timeout, wait: true, maxHistory: 0, signal: interrupts(), onHookEnd: keepLog }
    const failure: unknown = await cluster.actions.test(stored, options, isWanted).then(
      () => undefined,
      (error: unknown) => error,
    )
    await printResult(cluster, name, settings)
    if (flags.logs) printLogs(hooksFor(stored.release, 'test').filter(isWanted), logs)
    if (failure !== undefined) throw new UserError('HELM_TEST_FAILED', messageOf(failure), { cause: failure })
  })
}

async function printResult(cluster: Cluster, name: string, { debug }: HelmSettings): Promise<void> {
  const { release } = await revisionOf(cluster, name)
  print(releaseText(release, { hideNotes: true, debug }))
}

function printLogs(tests: readonly ReleaseHook[], logs: ReadonlyMap<string, string>): void {
  print('\n')
  for (const { name = '' } of tests) {
    const log = logs.get(name)
    if (log === undefined) {
      throw new UserError('HELM_LOGS_UNREADABLE', `unable to get pod logs for ${name}: pods "${name}" not found`)
    }
    print(`POD LOGS: ${name}\n${log}\n`)
  }
}

function podLog(client: KubeClient, namespace: string, name: string): Promise<string> {
  return client.getText(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log`)
}

/** `name=x` takes only those, `!name=x` leaves them out. */
function hookFilter(filters: readonly string[]): (hook: ReleaseHook) => boolean {
  const wanted = new Set<string>()
  const unwanted = new Set<string>()
  for (const filter of filters) {
    const [, not = '', attribute = '', value = ''] = /^(!?)([^=]*)=(.*)$/.exec(filter) ?? []
    // Helm knows no other attribute and passes over the rest.
    if (attribute === 'name') (not === '' ? wanted : unwanted).add(value)
  }
  return ({ name = '' }) => !unwanted.has(name) && (wanted.size === 0 || wanted.has(name))
}
