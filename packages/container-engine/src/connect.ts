import { existsSync } from 'node:fs'
import { HttpContainerEngine } from './engine.ts'
import { EngineHttp } from './engine-http.ts'
import { leastOomScoreAdj } from './least-oom-score.ts'
import type { ContainerEngine, EngineInfo } from './port.ts'

export interface ConnectOptions {
  /** Only this socket is tried: a path or a `unix://` URL, as DOCKER_HOST and CONTAINER_HOST hold. */
  socketPath?: string
  /** Tried before the usual places. */
  candidates?: string[]
  /** How long an engine may take to answer before it counts as absent, in milliseconds. @default 3000 */
  patience?: number
  /** Builds images in its place. */
  build?: ContainerEngine['build']
}

/** The first engine that answers: the socket that was named, or else Docker's, Podman's (rootful, rootless). Undefined when none does. */
export async function connectEngine(options: ConnectOptions = {}): Promise<ContainerEngine | undefined> {
  const sockets = options.socketPath ? [options.socketPath] : [...(options.candidates ?? []), ...usualSockets()]
  for (const socket of sockets) {
    const path = socket.replace(/^unix:\/\//, '')
    if (!path.startsWith('/') || !existsSync(path)) continue
    const http = new EngineHttp(path)
    const info = await ask(http, options.patience ?? 3_000)
    if (info) return new HttpContainerEngine(http, info, options.build)
  }
  return undefined
}

function usualSockets(): string[] {
  const user = process.getuid?.()
  return [
    '/var/run/docker.sock',
    '/run/podman/podman.sock',
    ...(user ? [`/run/user/${user}/docker.sock`, `/run/user/${user}/podman/podman.sock`] : []),
  ]
}

async function ask(http: EngineHttp, patience: number): Promise<EngineInfo | undefined> {
  const signal = AbortSignal.timeout(patience)
  try {
    const [version, info] = await Promise.all([
      http.json<VersionAnswer>({ method: 'GET', path: '/version', signal }),
      http.json<InfoAnswer>({ method: 'GET', path: '/info', signal }),
    ])
    const podman = version.Components?.some((component) => component.Name === 'Podman Engine') ?? false
    const rootless = info.SecurityOptions?.some((option) => option.includes('rootless')) ?? info.Rootless ?? false
    return {
      name: podman ? 'podman' : 'docker',
      version: version.Version,
      apiVersion: version.ApiVersion,
      addressesReachable: process.platform === 'linux' && !rootless && info.OperatingSystem !== 'Docker Desktop',
      leastOomScoreAdj: leastOomScoreAdj(rootless),
    }
  } catch {
    // Whatever is behind the socket, it is no engine that can be used: the next candidate may be.
    return undefined
  }
}

interface VersionAnswer {
  Version: string
  ApiVersion: string
  Components?: { Name: string }[]
}

interface InfoAnswer {
  OperatingSystem?: string
  SecurityOptions?: string[] | null
  Rootless?: boolean
}
