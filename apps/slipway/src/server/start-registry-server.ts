import { type Authenticator, HttpServer } from '@slipway/http-server'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import { createRegistry, NO_SETTINGS, type RegistrySettings } from '@slipway/registry'
import { Htpasswd } from '../access/htpasswd.ts'
import { SingleToken } from '../access/single-token.ts'
import { createToken } from '../access/token.ts'
import { ADMIN_TOKEN, type DataFolder } from '../data-folder.ts'
import { deployedContent } from './deployed-content.ts'
import { Lifecycle } from './lifecycle.ts'
import { log, logError } from './log.ts'
import { readRegistryConfig } from './registry-config.ts'
import { openRegistryFolder } from './registry-folder.ts'

export interface RegistryServerOptions {
  host: string
  /** 0 = any free port. */
  port: number
  /** By which clients reach it. @default the address that it listens on; the Host header of each request for its token endpoint */
  url?: string
  /** Where the bytes are, such as `s3://BUCKET/PREFIX`. @default the data folder */
  blobs?: string
  /** File of users. @default one user, whose token is made at the first start */
  htpasswd?: string
  /** File or folder with the objects of {@link readRegistryConfig}; {@link RunningRegistry.reload} reads it again. @default no settings */
  config?: string
  /** Text of a kubeconfig: the cluster whose images retention keeps. @default none */
  kubeconfig?: string
  /** Gives PEM texts, which {@link RunningRegistry.reload} asks for again. @default plain HTTP */
  tls?: () => { cert: string; key: string }
}

export interface RunningRegistry {
  /** Base URL on this machine. */
  url: string
  /** Only after the first start without a file of users. */
  adminToken: string | undefined
  /** Reads settings and certificate again. Rejects when they can't be used, and those from before stay. */
  reload(): Promise<void>
  stop(): Promise<void>
}

/** The registry alone, on the same folder that it has inside of the whole server. */
export async function startRegistryServer(
  folder: DataFolder,
  options: RegistryServerOptions,
): Promise<RunningRegistry> {
  const lifecycle = new Lifecycle()
  const stop = (): Promise<void> => lifecycle.stop((name, error) => logError(name)(error))
  try {
    return { ...(await start(folder, options, lifecycle)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(
  folder: DataFolder,
  { host, port, url, htpasswd, tls, config, kubeconfig, blobs }: RegistryServerOptions,
  lifecycle: Lifecycle,
): Promise<Omit<RunningRegistry, 'stop'>> {
  const readSettings = async (): Promise<RegistrySettings> =>
    config === undefined ? NO_SETTINGS : readRegistryConfig(config)
  let settings = await readSettings()
  const kept = await openRegistryFolder(folder, lifecycle, blobs)
  const { authenticator, adminToken } = await usersOf(folder, htpasswd)
  const http = new HttpServer({ routes: [], onError: logError('registry'), ...(tls && { tls: tls() }) })
  await http.start(port, host)
  lifecycle.add('http', () => http.stop())
  const own = `${tls ? 'https' : 'http'}://${localHost(host)}:${http.address().port}`
  const hostName = new URL(url ?? own).host
  const ours = new Set([hostName, new URL(own).host])
  // Who does not say by which address clients reach it says nothing of the names that images bear: more is kept then, not less.
  const isOurs = (name: string): boolean => url === undefined || ours.has(name)
  const cluster = kubeconfig === undefined ? undefined : new KubeClient(parseKubeconfig(kubeconfig))
  if (cluster) lifecycle.add('kube-client', () => cluster.close())
  const registry = await createRegistry({
    ...kept,
    authenticator,
    settings: () => settings,
    hostName,
    ...(cluster && { deployed: () => deployedContent(cluster, isOurs) }),
    onReport: (message) => log('info', message),
    onError: logError('registry'),
    ...(url !== undefined && { realm: url }),
  })
  lifecycle.add('registry care', () => registry.stop())
  http.addRoutes(registry.routes)
  const reload = async (): Promise<void> => {
    const renewed = await readSettings()
    if (tls) http.renewCertificate(tls())
    settings = renewed
  }
  return { url: own, adminToken, reload }
}

async function usersOf(
  folder: DataFolder,
  htpasswd: string | undefined,
): Promise<{ authenticator: Authenticator; adminToken: string | undefined }> {
  if (htpasswd !== undefined) {
    const authenticator = await Htpasswd.open(htpasswd, { onError: logError('htpasswd') })
    if (authenticator.isEmpty) log('error', `${htpasswd} has no users: nobody can push or pull until one is added`)
    return { authenticator, adminToken: undefined }
  }
  const known = folder.adminToken()
  const token = known ?? createToken()
  if (known === undefined) folder.write(ADMIN_TOKEN, `${token}\n`)
  const authenticator = new SingleToken(token, { name: 'admin', role: 'admin' })
  return { authenticator, adminToken: known === undefined ? token : undefined }
}

/** How this machine itself reaches what listens on an address. */
function localHost(host: string): string {
  if (host === '::' || host === '0.0.0.0') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
