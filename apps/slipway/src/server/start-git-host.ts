import {
  GitHost,
  type GitHostOptions,
  GitSshServer,
  gitRoutes,
  type PushEvent,
  repositoryControllers,
} from '@slipway/git-host'
import { logError } from './log.ts'
import type { Platform } from './platform.ts'

export interface RunningGitHost {
  /** Without a slash at its end. */
  sshUrl: string
  sshPort: number
  onPush(listener: (event: PushEvent) => void): void
}

/** The git host: bare repositories over HTTP and SSH, as the Repository objects want them. */
export async function startGitHost(
  { folder, client, informers, directory, http, httpUrl, hostKey, lifecycle, log }: Platform,
  { host, sshPort }: { host: string; sshPort: number },
): Promise<RunningGitHost> {
  const options: GitHostOptions = { folder: folder.folder('git'), onError: logError('git-host') }
  const gitHost = new GitHost(options)
  const ssh = new GitSshServer({
    host: gitHost,
    hostKey: hostKey.privateKey,
    identifyKey: (publicKey) => directory.identifyKey(publicKey),
  })
  await ssh.start(sshPort, host)
  lifecycle.add('ssh', () => ssh.stop())
  const { port } = ssh.address()
  const sshUrl = `ssh://git@${host}:${port}`
  const controllers = repositoryControllers(
    { client, informers, host: gitHost, log },
    { httpUrl: `${httpUrl}/git/`, sshUrl: `${sshUrl}/` },
  )
  for (const controller of controllers) {
    await controller.start()
    lifecycle.add(controller.name, () => controller.stop())
  }
  // Now that it knows its repositories: git takes one that is not there yet for one that is not there.
  http.addRoutes(gitRoutes(gitHost, directory))
  return { sshUrl, sshPort: port, onPush: (listener) => gitHost.onPush(listener) }
}
