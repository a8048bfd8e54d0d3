import { createSecureContext } from 'node:tls'
import { messageOf, UserError } from '@slipway/errors'
import type { GlobalOptions } from '../../connect.ts'
import { DataFolder } from '../../data-folder.ts'
import { readOptionFile } from '../../option-file.ts'
import { log, logError } from '../../server/log.ts'
import { parseListenAddress } from '../../server/option-values.ts'
import {
  type RegistryServerOptions,
  type RunningRegistry,
  startRegistryServer,
} from '../../server/start-registry-server.ts'
import { stopSignal } from '../../server/stop-signal.ts'

interface Options extends GlobalOptions {
  listen: string
  url?: string
  blobs?: string
  htpasswd?: string
  config?: string
  kubeconfig?: string
  tlsCert?: string
  tlsKey?: string
}

/** Runs the registry alone, in the foreground, until it is told to stop. */
export async function run(options: Options): Promise<void> {
  const folder = new DataFolder(options.data)
  let reload = async (): Promise<void> => {}
  // As servers do that have a configuration file: nothing stops, and a file that can't be used changes nothing.
  process.on(
    'SIGHUP',
    () => void reload().then(() => log('info', 'settings and certificate read'), logError('settings')),
  )
  const stopped = stopSignal()
  folder.claim()
  try {
    const server = await startRegistryServer(folder, serverOptions(options))
    reload = server.reload
    announce(folder, server)
    await stopped
    await server.stop()
  } finally {
    folder.withdraw()
  }
}

function announce(folder: DataFolder, { url, adminToken }: RunningRegistry): void {
  console.log(`Registry             ${url}`)
  if (adminToken) {
    console.log(`Administrator token  ${adminToken}  (shown once; kept in ${folder.file('admin-token')})`)
  }
  console.log('Ready.')
  folder.announce({ pid: process.pid, http: url })
}

function serverOptions({
  listen,
  url,
  blobs,
  htpasswd,
  config,
  kubeconfig,
  tlsCert,
  tlsKey,
}: Options): RegistryServerOptions {
  const tls = tlsOf(tlsCert, tlsKey)
  if (url !== undefined && !/^https?:\/\/[^/?#]+\/?$/.test(url)) {
    throw new UserError('OPTION_INVALID', `--url ${url} is no address of a registry`, {
      hint: 'write https://HOST or https://HOST:PORT',
    })
  }
  return {
    ...parseListenAddress(listen),
    ...(url !== undefined && { url: url.replace(/\/$/, '') }),
    ...(blobs !== undefined && { blobs }),
    ...(htpasswd !== undefined && { htpasswd }),
    ...(config !== undefined && { config }),
    ...(kubeconfig !== undefined && { kubeconfig: readOptionFile(kubeconfig) }),
    ...(tls && { tls }),
  }
}

function tlsOf(certFile: string | undefined, keyFile: string | undefined): RegistryServerOptions['tls'] {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) {
    throw new UserError('OPTION_INVALID', '--tls-cert and --tls-key belong together', { hint: 'give both, or neither' })
  }
  return () => readCertificate(certFile, keyFile)
}

/** Throws UserError OPTION_INVALID where the two don't belong together. */
function readCertificate(certFile: string, keyFile: string): { cert: string; key: string } {
  const tls = { cert: readOptionFile(certFile), key: readOptionFile(keyFile) }
  try {
    createSecureContext(tls)
  } catch (cause) {
    throw new UserError('OPTION_INVALID', `${certFile} and ${keyFile} can't serve HTTPS: ${messageOf(cause)}`, {
      hint: 'give a certificate chain and the key that it was made for, both in PEM, the key without a passphrase',
      cause,
    })
  }
  return tls
}
