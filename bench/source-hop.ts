/**
 * From a push to the stored artifact, on a real git host with its SSH server: `npm run bench:source [-- --rounds N]`.
 * Peer: `git fetch` over OpenSSH into a bare clone of the same repository, which makes no artifact.
 */
import { join } from 'node:path'
import { GitClient } from '../packages/git-client/src/index.ts'
import { GitFixture } from '../packages/git-host/src/testing/git-fixture.ts'
import { archive } from '../packages/source-controller/src/archive.ts'
import { ArtifactStore } from '../packages/source-controller/src/artifact-store.ts'

const ROUNDS = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 50
const FILES = 40

const times: Record<string, number[]> = {}

async function timed<T>(what: string, task: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await task()
  times[what] = [...(times[what] ?? []), performance.now() - began]
  return result
}

function quantile(values: number[], q: number): string {
  const sorted = [...values].sort((a, b) => a - b)
  return `${sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]?.toFixed(1)} ms`
}

async function main(): Promise<void> {
  const fixture = await GitFixture.start()
  fixture.host.serve({ name: 'Manifests' })
  const url = fixture.sshUrl('Manifests')
  const key = await fixture.sshCommand(fixture.adaKey)
  const names = Array.from({ length: FILES }, (_, index) => `app-${index}.yaml`)
  const tree = await fixture.workTree('work', Object.fromEntries(names.map((name) => [name, release(name, 0)])))
  await fixture.git(['push', '-q', url, 'master'], { cwd: tree, key })
  await fixture.git(['clone', '-q', '--bare', url, 'peer'], { key })

  const git = new GitClient({ folder: join(fixture.folder, 'cache'), trustHostKey: () => true })
  const store = new ArtifactStore(join(fixture.folder, 'artifacts'))
  const credentials = { kind: 'ssh', privateKey: fixture.adaKey.privateKey } as const
  const fetch = (): Promise<string> => git.fetch(url, { branch: 'master' }, { credentials })
  const peer = join(fixture.folder, 'peer')
  await fetch()
  for (let round = 1; round <= ROUNDS; round++) {
    const name = names[round % FILES] ?? ''
    const pushed = await fixture.commit(tree, { [name]: release(name, round) })
    await fixture.git(['push', '-q', url, 'master'], { cwd: tree, key })
    await timed('push -> artifact: both', async () => {
      const id = await timed('fetch', fetch)
      if (id !== pushed) throw new Error(`fetched ${id} instead of ${pushed}`)
      const path = `gitrepository/flux-system/manifests/${id}.tar.gz`
      await timed('artifact', async () => store.write(path, await archive(git, { url, id })))
    })
    const { status } = await timed('peer: git fetch', () =>
      fixture.git(['fetch', '-q', 'origin', '+master:master'], { cwd: peer, key }),
    )
    if (status !== 0) throw new Error('the peer failed')
  }
  await git.close()
  await fixture.stop()
}

function release(name: string, build: number): string {
  return [
    'apiVersion: helm.fluxcd.io/v1',
    'kind: HelmRelease',
    `metadata: {name: ${name}, namespace: default}`,
    `spec: {releaseName: ${name}, chart: {name: ${name}, version: ${build}.0.0}}`,
    '',
  ].join('\n')
}

await main()
console.table(
  Object.entries(times).map(([what, values]) => ({ what, median: quantile(values, 0.5), p95: quantile(values, 0.95) })),
)
