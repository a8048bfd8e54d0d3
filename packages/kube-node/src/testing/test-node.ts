import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InformerSet } from '@slipway/kube-client'
import { Node } from '../node.ts'
import type { PodEngine, PodRuntime } from '../runtime/pod-runtime.ts'
import { FakeCluster } from './fake-cluster.ts'
import { testIdentity } from './test-identity.ts'

/** A node `slipway` of a cluster in memory. `prepare` is shown its data folder before it starts. */
export async function startTestNode(
  runtime: PodRuntime,
  prepare: (dataDir: string, cluster: FakeCluster) => unknown = () => {},
): Promise<{ cluster: FakeCluster; dataDir: string; stop(): Promise<void> }> {
  const cluster = new FakeCluster()
  const client = cluster.client()
  const informers = new InformerSet(client)
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-node-'))
  await prepare(dataDir, cluster)
  const node = new Node({ client, informers, runtime }, { dataDir, instance: 'test', kubelet: testIdentity })
  await node.start()
  return {
    ...{ cluster, dataDir },
    async stop() {
      await node.stop()
      await informers.stop()
      rmSync(dataDir, { recursive: true })
    },
  }
}

/** An engine some of whose methods are others. */
export function engineWith(engine: PodEngine, own: Partial<PodEngine>): PodEngine {
  return new Proxy(engine, {
    get: (target, name: keyof PodEngine) => own[name] ?? (target[name] as () => unknown).bind(target),
  })
}
