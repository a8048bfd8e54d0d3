import { resolve } from 'node:path'
import { addToKubeconfig, removeFromKubeconfig } from '../cluster/kubeconfig-file.ts'
import { type Cluster, startCluster } from '../cluster/start-cluster.ts'
import { releaseMemoryWhenIdle } from '../server/idle-memory.ts'
import { parseNodeKind, parsePort } from '../server/option-values.ts'
import { stopSignal } from '../server/stop-signal.ts'

interface Options {
  data?: string
  host: string
  port: string
  ingressPort: string
  nodes: string
  kubeconfig?: string
  engineSocket?: string
}

/** Serves a Kubernetes API of its own in the foreground until it is told to stop. */
export async function run(options: Options): Promise<void> {
  const { data, host, engineSocket } = options
  let running: Cluster | undefined
  // As docker compose does it: the second time containers are killed. What is to be kept needs no more than an end.
  const stopped = stopSignal(data === undefined ? () => running?.kill() : undefined)
  const cluster = await startCluster({
    host,
    port: parsePort('--port', options.port),
    ingressPort: parsePort('--ingress-port', options.ingressPort),
    nodes: parseNodeKind(options.nodes),
    ...(data !== undefined && { data }),
    ...(engineSocket && { engineSocket }),
  })
  running = cluster
  const file = resolve(options.kubeconfig ?? cluster.kubeconfigFile)
  try {
    if (options.kubeconfig) addToKubeconfig(file, cluster.kubeconfig)
    console.log(`Kubernetes  ${cluster.url}`)
    console.log(`State       ${data ?? 'in memory, gone when this ends'}`)
    console.log(`export KUBECONFIG=${file}`)
    void cluster.node.then((node) => console.log(`Containers  ${node}\nReady.`))
    const release = releaseMemoryWhenIdle()
    // A node that does not start ends the command; one that does leaves it to the signal.
    await Promise.race([stopped, cluster.node.then(() => stopped)])
    release()
  } finally {
    await cluster.stop()
    if (options.kubeconfig && data === undefined) removeFromKubeconfig(file, cluster.kubeconfig)
  }
}
