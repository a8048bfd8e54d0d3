import type { UserError } from '@slipway/errors'
import { HttpServer } from '@slipway/http-server'
import { ImagePolicies } from '@slipway/image-policy'
import type { InformerSet } from '@slipway/kube-client'
import { SYSTEM_NAMESPACE } from '../access/access-objects.ts'
import { Directory } from '../access/directory.ts'
import type { DataFolder, Instance } from '../data-folder.ts'
import type { Settings } from '../settings.ts'
import { ensureAdminToken, ensureHostKey, installKinds, issuePartToken } from './bootstrap.ts'
import { type ContextOptions, connectCluster } from './connect-cluster.ts'
import { crds } from './crds.ts'
import { embedCluster } from './embed-cluster.ts'
import { findEngine } from './engine.ts'
import { ensureIdentity } from './gitops-identity.ts'
import { resolveAliases } from './host-aliases.ts'
import { releaseMemoryWhenIdle } from './idle-memory.ts'
import { Lifecycle } from './lifecycle.ts'
import { log, logError } from './log.ts'
import type { NodeKind } from './option-values.ts'
import type { Platform } from './platform.ts'
import type { Repository } from './repositories.ts'
import { startArtifacts } from './start-artifacts.ts'
import { startDelivery } from './start-delivery.ts'
import { startGitHost } from './start-git-host.ts'
import { startPipelines } from './start-pipelines.ts'

export interface ServerOptions {
  host: string
  /** 0 = any free port. */
  httpPort: number
  sshPort: number
  kubePort: number
  /** 0 = the one they had, or any free one. */
  ingressPort: number
  /** Of the embedded cluster. */
  nodes: NodeKind
  /** The cluster to work on. @default an embedded one */
  context?: ContextOptions
  settings: Settings
  /** @default found, or Podman is started */
  engineSocket?: string
  /** Where the registry's bytes are, such as `s3://BUCKET/PREFIX`. @default the data folder */
  blobs?: string
}

export interface RunningServer {
  instance: Required<Instance>
  /** Only after the first start. */
  adminToken: string | undefined
  /** What runs the containers, for people to read. */
  node: string
  /** Resolves when another installation has taken the cluster over. */
  lost: Promise<UserError>
  stop(options: { removeContainers: boolean }): Promise<void>
}

/** Starts every part on one data folder. The only place that knows them all; what they share is here, the rest in start-*.ts. */
export async function startServer(folder: DataFolder, options: ServerOptions): Promise<RunningServer> {
  const lifecycle = new Lifecycle()
  try {
    return await start(folder, options, lifecycle)
  } catch (error) {
    await lifecycle.stop((name, cause) => logError(name)(cause))
    throw error
  }
}

async function start(folder: DataFolder, options: ServerOptions, lifecycle: Lifecycle): Promise<RunningServer> {
  folder.folder()
  const engine = options.nodes === 'engine' ? findEngine(folder, options.engineSocket, lifecycle) : undefined
  const { host, kubePort: port, nodes, ingressPort } = options
  const cluster = options.context
    ? await connectCluster(folder, options.context, { kinds: crds, lifecycle })
    : await embedCluster(folder, { host, port, nodes, engine, ingressPort }, lifecycle)
  const { client, informers, kube } = cluster
  await installKinds(client, crds)
  const [adminToken, hostKey, partToken, pullToken] = await Promise.all([
    ensureAdminToken(client, folder),
    ensureHostKey(client),
    issuePartToken(client, 'slipway', 'developer'),
    issuePartToken(client, 'node', 'reader'),
  ])
  const directory = new Directory(informers)
  await directory.start()

  const http = new HttpServer({ routes: [], incomplete: true, onError: logError('http') })
  await http.start(options.httpPort, options.host)
  lifecycle.add('http', () => http.stop())
  const httpUrl = `http://${options.host}:${http.address().port}`
  const platform: Platform = {
    folder,
    client,
    informers,
    directory,
    http,
    httpUrl,
    lifecycle,
    log,
    credentials: { username: 'slipway', password: partToken },
    aliases: { registries: {}, repositories: {} },
    hostKey,
  }
  const git = await startGitHost(platform, options)
  platform.aliases = resolveAliases(options.settings, httpUrl, git.sshUrl)
  await ensureIdentity(client, `[${options.host}]:${git.sshPort} ${hostKey.publicKey}\n`)
  // Before whoever pulls: a registry that is not there yet would be taken for one without the chart.
  const artifacts = await startArtifacts(platform, () => engine ?? Promise.resolve(undefined), options.blobs)
  const [pipelines, delivery] = await Promise.all([startPipelines(platform), startDelivery(platform)])
  http.complete()
  artifacts.onChart(delivery.wakeChart)
  git.onPush(({ repository }) => {
    pipelines.wake(repository)
    delivery.wakeSource(repository)
  })
  wakeSourcesOnAccess(informers, delivery.wakeSource)
  const { registries } = platform.aliases
  const policies = new ImagePolicies({ client, informers, log }, { namespace: SYSTEM_NAMESPACE })
  await policies.controller.start()
  lifecycle.add('image policies', () => policies.controller.stop())
  const node = await cluster.startPods(platform, {
    ownRegistry: {
      resolveHost: (host) => registries[host],
      credentials: (host) => (registries[host] === httpUrl ? { username: 'node', password: pullToken } : undefined),
    },
    admit: (image) => policies.admit(image),
  })
  lifecycle.add('idle memory', releaseMemoryWhenIdle())
  const instance = { pid: process.pid, http: httpUrl, ssh: git.sshUrl, kube }
  return {
    instance,
    adminToken,
    node: node.description,
    lost: cluster.lost,
    async stop({ removeContainers }) {
      if (removeContainers) node.removeContainersOnStop()
      await lifecycle.stop((name, error) => logError(name)(error))
    },
  }
}

/** A source that was refused gets another look as soon as its repository serves with new deploy keys. */
function wakeSourcesOnAccess(informers: InformerSet, wake: (repository: string) => void): void {
  const repositories = informers.for<Repository>({ apiVersion: 'slipway.dev/v1alpha1', kind: 'Repository' })
  repositories.on(({ type, object, previous }) => {
    const isServedAnew = object.status?.observedGeneration !== previous?.status?.observedGeneration
    if (type === 'modified' && isServedAnew) wake(object.spec.repositoryName)
  })
}
