import { randomBytes } from 'node:crypto'
import { ApiServer, firstServiceAddress, kubeconfigFor } from '@slipway/kube-apiserver'
import { InformerSet, KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeletIdentity } from '@slipway/kube-node'
import type { RevisionStore } from '@slipway/storage'
import type { DataFolder } from '../data-folder.ts'
import { openCertificates, openKubeletCertificate } from './certificates.ts'
import { readKubeDescriptions } from './kube-descriptions.ts'
import type { Lifecycle } from './lifecycle.ts'
import { logError } from './log.ts'
import { serviceRange } from './service-range.ts'

export interface StartKubernetesOptions {
  /** Keeps the certificates, and gets the administrator's kubeconfig. */
  folder: DataFolder
  store: RevisionStore
  host: string
  /** 0 = any free port. */
  port: number
  lifecycle: Lifecycle
}

export interface RunningKubernetes {
  client: KubeClient
  informers: InformerSet
  /** Base URL of the API. */
  kube: string
  /** The administrator's kubeconfig as YAML text. */
  kubeconfig: string
  /** For the node's kubelet. */
  kubelet: KubeletIdentity
}

/** The embedded Kubernetes API, with a client of its administrator. */
export async function startKubernetes(options: StartKubernetesOptions): Promise<RunningKubernetes> {
  const { folder, store, host, lifecycle } = options
  const kubeletToken = randomBytes(24).toString('hex')
  const serviceCidr = serviceRange(folder.path)
  const hosts = [host, firstServiceAddress(serviceCidr)]
  const { ca, server, client: administrator, frontProxy } = await openCertificates(folder, hosts)
  const api = new ApiServer({
    store,
    tls: { key: server.key, cert: server.cert, ca: ca.cert, caKey: ca.key, frontProxy },
    serviceAccountKey: ca.key,
    kubeletToken,
    serviceCidr,
    ...(readKubeDescriptions && { descriptions: readKubeDescriptions }),
    onError: logError('kube-apiserver'),
  })
  await api.start(options.port, host)
  lifecycle.add('kube-apiserver', () => api.stop())
  const kube = `https://${host}:${api.address().port}`
  const kubeconfig = kubeconfigFor({ server: kube, ca: ca.cert, client: administrator })
  folder.write('kubeconfig', kubeconfig)
  const client = new KubeClient(parseKubeconfig(kubeconfig))
  const informers = new InformerSet(client, logError('informer'))
  lifecycle.add('kube-client', async () => {
    await informers.stop()
    await client.close()
  })
  const kubelet = {
    token: kubeletToken,
    ca: ca.cert,
    certificate: (node: string, hosts: string[]) => openKubeletCertificate(folder, ca, { node, hosts }),
  }
  return { client, informers, kube, kubeconfig, kubelet }
}
