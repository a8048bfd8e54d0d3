import { fileURLToPath } from 'node:url'
import { PipelineRunner } from '@slipway/pipeline-runner'
import type { Platform } from './platform.ts'
import { writeToolFolder } from './tool-folder.ts'

/** The bundle's entry, next to which this code is. */
const PROGRAM = fileURLToPath(new URL('./cli.cjs', import.meta.url))

/** The pipeline runner on this host, with our own `az` and `helm` first on its PATH. */
export async function startPipelines({
  folder,
  client,
  informers,
  directory,
  http,
  httpUrl,
  aliases,
  credentials,
  lifecycle,
  log,
}: Platform): Promise<{ wake: (repository: string) => void }> {
  const registries = Object.fromEntries(
    Object.entries(aliases.registries).map(([host, url]) => [host.split('.')[0] ?? host, { loginServer: host, url }]),
  )
  const runner = new PipelineRunner(
    { client, informers, authenticator: directory, log },
    {
      runsDir: folder.folder('runs'),
      toolsPath: writeToolFolder(folder.folder('tools'), PROGRAM),
      gitCloneUrl: (repository) => `${httpUrl}/git/${repository}`,
      credentials: () => credentials,
      // A connection that no object describes means the services of this server.
      connections: () => ({ kind: 'embedded', registries, ...credentials }),
      env: inheritedEnvironment(),
      collectionUri: `${httpUrl}/`,
    },
  )
  http.addRoutes(runner.routes)
  await runner.start()
  lifecycle.add('pipeline-runner', () => runner.stop())
  return { wake: (repository) => runner.wake(repository) }
}

/** What steps inherit from whoever started the server: nothing that could be a secret. */
function inheritedEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'http_proxy', 'https_proxy', 'no_proxy']
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
