import { UserError } from '@slipway/errors'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import { DataFolder, type Instance } from './data-folder.ts'

export interface GlobalOptions {
  data: string
}

/** What a command needs to talk to the running server. */
export interface Connection {
  folder: DataFolder
  instance: Instance
  client: KubeClient
  /** Headers of the administrator for HTTP endpoints other than Kubernetes. */
  headers: Record<string, string>
}

/** Runs a command's work with a connection, and closes it. Throws UserError NOT_RUNNING when no server runs. */
export async function withServer<T>({ data }: GlobalOptions, work: (connection: Connection) => Promise<T>): Promise<T> {
  const folder = new DataFolder(data)
  const instance = folder.instance()
  if (!instance.kube) {
    throw new UserError('NOT_RUNNING', `on ${data} runs the registry alone, without what this command needs`, {
      hint: 'start everything with: slipway up, on a folder of its own',
    })
  }
  const client = new KubeClient(parseKubeconfig(folder.read('kubeconfig') ?? '', undefined, process.env))
  const headers = folder.adminHeaders()
  try {
    return await work({ folder, instance, client, headers })
  } finally {
    await client.close()
  }
}
