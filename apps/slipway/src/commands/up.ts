import { existsSync } from 'node:fs'
import type { GlobalOptions } from '../connect.ts'
import { DataFolder, PURGE } from '../data-folder.ts'
import { readKubeconfig, singleContext } from '../kubeconfig.ts'
import type { ContextOptions } from '../server/connect-cluster.ts'
import { parseNodeKind, parsePort } from '../server/option-values.ts'
import { type ServerOptions, startServer } from '../server/start-server.ts'
import { stopSignal } from '../server/stop-signal.ts'
import { readSettings } from '../settings.ts'

interface Options extends GlobalOptions {
  host: string
  httpPort: string
  sshPort: string
  kubePort: string
  ingressPort: string
  nodes: string
  context?: string
  kubeconfig?: string
  engineSocket?: string
  blobs?: string
  config?: string
}

/** Starts every part and stays in the foreground until it is told to stop. */
export async function run(options: Options): Promise<void> {
  const folder = new DataFolder(options.data)
  const stopped = stopSignal()
  folder.claim()
  try {
    await serve(folder, options, stopped)
  } finally {
    folder.withdraw()
  }
}

async function serve(folder: DataFolder, options: Options, stopped: Promise<void>): Promise<void> {
  const server = await startServer(folder, serverOptions(options))
  const { instance, adminToken, node } = server
  console.log(`Git, registry, logs  ${instance.http}`)
  console.log(`Git over SSH         ${instance.ssh}`)
  console.log(`Kubernetes           ${instance.kube}  (export KUBECONFIG=${folder.file('kubeconfig')})`)
  console.log(`Containers           ${node}`)
  if (adminToken) console.log(`Administrator token  ${adminToken}  (shown once; kept in ${folder.file('admin-token')})`)
  console.log('Ready.')
  // Whoever waits for the server finds all of the above already said.
  folder.announce(instance)
  const lost = await Promise.race([stopped, server.lost])
  await server.stop({ removeContainers: existsSync(folder.file(PURGE)) })
  if (lost) throw lost
}

function serverOptions(options: Options): ServerOptions {
  const { host, engineSocket, blobs } = options
  return {
    host,
    httpPort: parsePort('--http-port', options.httpPort),
    sshPort: parsePort('--ssh-port', options.sshPort),
    kubePort: parsePort('--kube-port', options.kubePort),
    ingressPort: parsePort('--ingress-port', options.ingressPort),
    nodes: parseNodeKind(options.nodes),
    ...(options.context && { context: contextOf(options.context, options.kubeconfig) }),
    settings: readSettings(options.config ?? new DataFolder(options.data).file('config.yaml')),
    ...(engineSocket && { engineSocket }),
    ...(blobs && { blobs }),
  }
}

function contextOf(name: string, file: string | undefined): ContextOptions {
  return { name, kubeconfig: singleContext(readKubeconfig({ file, files: process.env.KUBECONFIG }), name) }
}
