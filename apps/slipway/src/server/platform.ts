import type { Log } from '@slipway/controller-runtime'
import type { HttpServer } from '@slipway/http-server'
import type { InformerSet, KubeClient } from '@slipway/kube-client'
import type { Directory } from '../access/directory.ts'
import type { DataFolder } from '../data-folder.ts'
import type { HostAliases } from './host-aliases.ts'
import type { Lifecycle } from './lifecycle.ts'

/** What every part is started with. */
export interface Platform {
  folder: DataFolder
  client: KubeClient
  informers: InformerSet
  directory: Directory
  http: HttpServer
  /** Base URL of the HTTP server. */
  httpUrl: string
  aliases: HostAliases
  /** By which parts of this server reach its own HTTP endpoints. */
  credentials: { username: string; password: string }
  hostKey: { privateKey: string; publicKey: string }
  lifecycle: Lifecycle
  log: Log
}
