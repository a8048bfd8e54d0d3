import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'
import { ResumingWatcher } from './kube-crash/resuming-watcher.ts'
import { NOTES, note, WriteModel } from './kube-crash/write-model.ts'

/** Enough to find a fault that is easy to make; `CRASH_ROUNDS=100` is for those that are not. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 10)
const WATCHERS = 3

const data = mkdtempSync(join(tmpdir(), 'slipway-kube-crash-'))
let server: ClusterProcess
let client: KubeClient

async function start(): Promise<void> {
  server = startClusterProcess(['--data', data, '--nodes', 'none'])
  await server.ready
  client = new KubeClient(parseKubeconfig(readFileSync(join(data, 'kubeconfig'), 'utf8')))
}

/** Kills the server as a power cut would; now and then also the next one, while it starts. */
async function killAndRestart(round: number): Promise<void> {
  await server.end('SIGKILL')
  await client.close()
  if (round % 4 === 0) {
    const interrupted = startClusterProcess(['--data', data, '--nodes', 'none'])
    await sleep(randomInt(400))
    await interrupted.end('SIGKILL')
  }
  await start()
}

beforeAll(start)

afterAll(async () => {
  await client?.close()
  await server?.end('SIGTERM')
  rmSync(data, { recursive: true, force: true })
})

it(
  `loses no acknowledged write to kill -9 under load, ${ROUNDS} times, and watchers go on without gap or duplicate`,
  async () => {
    const model = new WriteModel()
    const { resourceVersion } = await client.list<KubeObject>(NOTES)
    const watchers = Array.from({ length: WATCHERS }, () => new ResumingWatcher(resourceVersion))
    const isNote = ({ metadata }: KubeObject): boolean => metadata.name.startsWith('note-')

    for (let round = 1; round <= ROUNDS; round++) {
      const [writes, delay] = [randomInt(1, 300), randomInt(10)]
      const following = watchers.map((watcher) => watcher.follow(client))
      const restarted = new Promise<void>((resolve, reject) => {
        const loading = model.load(client, (count) => {
          // The server dies in the middle of what the other writers wait for.
          if (count === writes) setTimeout(() => killAndRestart(round).then(resolve, reject), delay)
        })
        loading.catch(reject)
      })
      await Promise.all([restarted, ...following])

      const { items } = await client.list<KubeObject>(NOTES)
      expect(model.check(items.filter(isNote)), `round ${round}`).toEqual([])
    }

    const last = 'last-of-all'
    const following = watchers.map((watcher) => watcher.follow(client, last))
    await client.create(note(last))
    await Promise.all(following)
    const { items } = await client.list<KubeObject>(NOTES)
    const versions = Object.fromEntries(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]))
    for (const watcher of watchers) {
      expect(watcher.faults).toEqual([])
      expect(model.versions.filter((version) => !watcher.versions.has(version))).toEqual([])
      // Objects from before the first watch were never told of.
      const told = Object.fromEntries(watcher.state)
      expect({ 'kube-root-ca.crt': versions['kube-root-ca.crt'], ...told }).toEqual(versions)
    }
    console.log(
      `${ROUNDS} rounds, ${model.versions.length} acknowledged writes that made or changed an object, none lost`,
    )
  },
  ROUNDS * 20_000,
)
