import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryRevisionStore } from '@slipway/storage'
import { DataFolder } from '../data-folder.ts'
import { openClusterStore } from '../server/cluster-store.ts'
import { findEngine } from '../server/engine.ts'
import { Lifecycle } from '../server/lifecycle.ts'
import { log, logError } from '../server/log.ts'
import { startKubernetes } from '../server/start-kubernetes.ts'
import { startNode } from '../server/start-node.ts'
import { removeLeftovers, TEMPORARY } from './leftovers.ts'

export interface ClusterOptions {
  /** Folder that keeps the state over restarts. @default none: the state is in memory and gone at the end */
  data?: string
  /** @default '127.0.0.1' */
  host?: string
  /** @default 0, any free port */
  port?: number
  /** Of Ingresses, on 127.0.0.1. @default 0, the one they had, or any free one */
  ingressPort?: number
  /**
   * What runs the pods: `engine` is containers through Docker or Podman (simulated where there is neither), `simulated` only says
   * that pods run, `none` is the API alone, without the controllers of workloads. @default 'engine'
   */
  nodes?: 'engine' | 'simulated' | 'none'
  /** Path of the container engine's API socket. @default found, or Podman is started */
  engineSocket?: string
}

/** A Kubernetes API that serves. */
export interface Cluster {
  /** Base URL, such as `https://127.0.0.1:41273`. */
  url: string
  /** The administrator's kubeconfig, as YAML text. It holds a private key. */
  kubeconfig: string
  /** A file with it, for programs that want KUBECONFIG. */
  kubeconfigFile: string
  /** Resolves when pods can run, to what runs them, for people to read. */
  node: Promise<string>
  /** Ends the containers at once, for a `stop` that takes too long. */
  kill(): void
  /** Stops everything. Without `data` nothing is left, containers included. */
  stop(): Promise<void>
}

/** Starts a Kubernetes API of one's own; resolves when it is ready, which is before its node is. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const lifecycle = new Lifecycle()
  const stop = (): Promise<void> => lifecycle.stop((name, error) => logError(name)(error))
  try {
    return await start(options, lifecycle, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(options: ClusterOptions, lifecycle: Lifecycle, stop: () => Promise<void>): Promise<Cluster> {
  const { host = '127.0.0.1', port = 0, ingressPort = 0, nodes = 'engine' } = options
  const folder = options.data === undefined ? temporaryFolder(lifecycle) : new DataFolder(options.data)
  folder.folder()
  const store = options.data === undefined ? new MemoryRevisionStore() : await openClusterStore(folder)
  lifecycle.add('store', () => store.close())
  const kubernetes = await startKubernetes({ folder, store, host, port, lifecycle })
  const engine = nodes === 'engine' ? findEngine(folder, options.engineSocket, lifecycle) : undefined
  const starting = startNode(
    { ...kubernetes, folder, lifecycle, log },
    { nodes, engine, kubelet: kubernetes.kubelet, ingressPort },
  )
  const node = starting.then((running) => {
    if (options.data === undefined) running.removeContainersOnStop()
    return running.description
  })
  const stopping = new AbortController()
  // Only now, for nobody waits for it. Whoever does not wait for the node does not care whether it came.
  const tidying = node.then(
    async () => removeLeftovers(await engine, stopping.signal),
    () => {},
  )
  return {
    url: kubernetes.kube,
    kubeconfig: kubernetes.kubeconfig,
    kubeconfigFile: folder.file('kubeconfig'),
    node,
    kill() {
      starting.then((running) => running.removeContainers()).catch(logError('kube-node'))
    },
    async stop() {
      stopping.abort()
      // What is still starting would not be known to be stopped, and what is tidying up needs the engine.
      await tidying
      await stop()
    },
  }
}

function temporaryFolder(lifecycle: Lifecycle): DataFolder {
  const path = mkdtempSync(join(tmpdir(), TEMPORARY))
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  // Also when the program does not stop, but ends at once.
  process.once('exit', remove)
  lifecycle.add('folder', () => {
    process.off('exit', remove)
    remove()
  })
  const folder = new DataFolder(path)
  folder.claim()
  return folder
}
