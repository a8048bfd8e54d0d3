import { readFileSync } from 'node:fs'
import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import {
  type RecordKind,
  ReleaseActions,
  ReleaseRenderer,
  ReleaseStorage,
  SchemaDocuments,
} from '@slipway/helm-controller'
import { type ClusterConnection, type Impersonation, KubeClient, parseKubeconfig } from '@slipway/kube-client'
import { connectionFault } from '@slipway/registry-client'
import { readKubeconfig } from '../../kubeconfig.ts'
import { contextOf, namespaceOf } from '../namespace.ts'
import { nodePlatform } from '../node-platform.ts'
import { warnOfUrn } from '../schemas.ts'
import type { HelmSettings } from '../settings.ts'

/** The cluster that releases live in. */
export interface Cluster {
  readonly client: KubeClient
  readonly storage: ReleaseStorage
  readonly actions: ReleaseActions
  /** A new one each time: what the cluster offers may have changed. */
  readonly renderer: () => ReleaseRenderer
  readonly namespace: string
}

/**
 * Opens the cluster, once it is known to answer where it is needed in any case. Throws UserError KUBE_UNREACHABLE with Helm's text, and
 * HELM_UNSUPPORTED for a HELM_DRIVER that is not there.
 */
export async function withCluster<T>(
  settings: HelmSettings,
  run: (cluster: Cluster) => Promise<T>,
  { isNeeded = true } = {},
): Promise<T> {
  const kind = recordKindOf(settings)
  const connection = connectionOf(settings)
  const client = new KubeClient(connection, { onWarning: printWarning })
  try {
    if (isNeeded) await checkReachable(client)
    const storage = new ReleaseStorage(client, nodePlatform, kind)
    return await run({
      client,
      storage,
      actions: new ReleaseActions(client, storage, nodePlatform.now),
      renderer: () => new ReleaseRenderer(client, new SchemaDocuments(nodePlatform.now, warnOfUrn)),
      namespace: namespaceOf(settings),
    })
  } finally {
    await client.close()
  }
}

/** By Helm's names for its drivers (action.Configuration.Init). */
function recordKindOf({ driver }: HelmSettings): RecordKind {
  if (['', 'secret', 'secrets'].includes(driver)) return 'Secret'
  if (['configmap', 'configmaps'].includes(driver)) return 'ConfigMap'
  const isHelms = driver === 'memory' || driver === 'sql'
  throw new UserError(
    'HELM_UNSUPPORTED',
    isHelms ? `HELM_DRIVER=${driver} is not supported` : `unknown driver ${JSON.stringify(driver)}`,
  )
}

/** As client-go's default handler does, through klog. */
function printWarning(text: string): void {
  const now = new Date()
  const part = (value: number, length = 2) => String(value).padStart(length, '0')
  const day = part(now.getMonth() + 1) + part(now.getDate())
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((value) => part(value)).join(':')
  const head = `I${day} ${time}.${part(now.getMilliseconds(), 3)}000 ${String(process.pid).padStart(7)} warnings.go:107]`
  process.stderr.write(`${head} ${JSON.stringify(`Warning: ${text}`)}\n`)
}

async function checkReachable(client: KubeClient): Promise<void> {
  try {
    await client.getText('/version')
  } catch (error) {
    const isDown = error instanceof SlipwayError && error.code === 'KUBE_UNAVAILABLE'
    const reason = isDown ? `Get "${client.connection.server}/version": ${connectionFault(error)}` : messageOf(error)
    throw unreachable(reason, error)
  }
}

function unreachable(reason: string, cause?: unknown): UserError {
  return new UserError('KUBE_UNREACHABLE', `kubernetes cluster unreachable: ${reason}`, { cause })
}

const podFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

function connectionOf(settings: HelmSettings): ClusterConnection {
  const { kube } = settings
  const base = baseConnection(settings)
  const impersonate = impersonationOf(settings, base)
  return {
    ...base,
    ...(kube.server !== undefined && { server: kube.server }),
    ...(kube.token !== undefined && { token: kube.token }),
    ...(kube.caFile !== undefined && { certificateAuthority: readFileSync(kube.caFile, 'utf8') }),
    ...(kube.tlsServerName && { tlsServerName: kube.tlsServerName }),
    ...(impersonate && { impersonate }),
    ...(kube.insecure && { insecureSkipTlsVerify: true }),
  }
}

/** As whom to act: flags go before the kubeconfig. */
function impersonationOf(settings: HelmSettings, { impersonate }: ClusterConnection): Impersonation | undefined {
  const { kube } = settings
  const user = kube.asUser || impersonate?.user
  if (user) return { user, groups: kube.asGroups.length > 0 ? kube.asGroups : (impersonate?.groups ?? []) }
  if (kube.asGroups.length === 0) return undefined
  const reason = `requesting uid, groups or user-extra for ${contextOf(settings)?.user ?? ''} without impersonating a user`
  throw unreachable(`invalid configuration: ${reason}`)
}

/** The kubeconfig's connection; without one, that of a pod, or kubectl's old default. */
function baseConnection(settings: HelmSettings): ClusterConnection {
  const { kube } = settings
  const config = readKubeconfig(kube)
  if (config.contexts.length > 0 || kube.context !== undefined) {
    try {
      return parseKubeconfig(JSON.stringify(config), kube.context, process.env)
    } catch (error) {
      throw unreachable(messageOf(error), error)
    }
  }
  if (kube.inCluster === undefined) return { server: 'http://localhost:8080' }
  return {
    server: kube.inCluster,
    token: readFileSync(`${podFolder}/token`, 'utf8'),
    certificateAuthority: readFileSync(`${podFolder}/ca.crt`, 'utf8'),
    namespace: readFileSync(`${podFolder}/namespace`, 'utf8'),
  }
}
