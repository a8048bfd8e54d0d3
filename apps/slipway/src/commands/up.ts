import { existsSync } from 'node:fs'
import { describeError, UserError } from '@slipway/errors'
import type { GlobalOptions } from '../connect.ts'
import { DataFolder } from '../data-folder.ts'
import { log } from '../server/log.ts'
import { type ServerOptions, startServer } from '../server/start-server.ts'
import { readSettings } from '../settings.ts'

interface Options extends GlobalOptions {
  host: string
  httpPort: string
  sshPort: string
  kubePort: string
  nodes: string
  engineSocket?: string
  config?: string
}

/** Starts every part and stays in the foreground until it is told to stop. */
export async function run(options: Options): Promise<void> {
  const folder = new DataFolder(options.data)
  const running = folder.findInstance()
  if (running && running.pid !== process.pid) {
    throw new UserError('ALREADY_RUNNING', `slipway runs on ${options.data} already, as process ${running.pid}`, {
      hint: 'stop it with: slipway down, or choose another folder with --data',
    })
  }
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
  await stopSignal()
  const purge = existsSync(folder.file('purge'))
  await server.stop({ removeContainers: purge })
}

function serverOptions(options: Options): ServerOptions {
  const { host, nodes, engineSocket } = options
  if (nodes !== 'engine' && nodes !== 'simulated' && nodes !== 'none') {
    throw new UserError('OPTION_INVALID', `--nodes ${nodes} is not known`, { hint: 'use engine, simulated or none' })
  }
  return {
    host,
    httpPort: Number(options.httpPort),
    sshPort: Number(options.sshPort),
    kubePort: Number(options.kubePort),
    nodes,
    settings: readSettings(options.config ?? new DataFolder(options.data).file('config.yaml')),
    ...(engineSocket && { engineSocket }),
  }
}

/** Resolves on the first SIGINT or SIGTERM; what goes wrong unseen until then is logged and nothing is stopped for it. */
function stopSignal(): Promise<void> {
  process.on('unhandledRejection', (error) => log('error', `unhandled: ${describeError(error)}`))
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
