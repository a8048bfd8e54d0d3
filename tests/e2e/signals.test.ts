import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { DataFolder } from '../../apps/slipway/src/data-folder.ts'
import { waitFor } from '../../apps/slipway/src/story/wait.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const UP = ['up', '--nodes', 'none', '--http-port', '0', '--ssh-port', '0', '--kube-port', '0']
const root = mkdtempSync(join(tmpdir(), 'slipway-signals-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const hasScript = spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0

/** A command in a session of its own; `lines` are those of its standard output. */
function start(command: string, args: string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const lines = createInterface({ input: child.stdout })
  const says = (wanted: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      lines.on('line', (line) => wanted.test(line) && resolve(line))
      void ended.then(([status]) => reject(new Error(`it ended with status ${status}`)))
    })
  return { child, ended, says }
}

describe('a server whose terminal goes away', () => {
  it.skipIf(!hasScript)('stops as on Ctrl-C', async () => {
    const data = join(root, 'terminal')
    const log = join(root, 'typescript')
    const command = [PROGRAM, '--data', data, ...UP].join(' ')
    // script(1) is the terminal: killed, it hangs up.
    const { child, ended } = start('script', ['-qefc', `exec ${command}`, log])
    const folder = new DataFolder(data)
    await expect.poll(() => folder.findInstance(), { timeout: 30_000 }).toBeDefined()

    process.kill(-(child.pid as number), 'SIGKILL')
    await ended

    await expect.poll(() => folder.findProcess(), { timeout: 10_000 }).toBeUndefined()
    expect(existsSync(folder.file('instance.json'))).toBe(false)
  })

  it('goes on under nohup', async () => {
    const data = join(root, 'nohup')
    const server = start('nohup', [PROGRAM, '--data', data, ...UP])
    await server.says(/^Ready\.$/)

    server.child.kill('SIGHUP')
    server.child.kill('SIGTERM')

    expect(await server.ended).toEqual([0, null])
  })
})

describe('a server whose reader goes away', () => {
  it('goes on, and stops as always', async () => {
    const folder = new DataFolder(join(root, 'reader'))
    const { child, ended } = start(PROGRAM, ['--data', folder.path, ...UP])
    child.stdout.destroy()
    child.stderr.destroy()
    await expect.poll(() => folder.findInstance(), { timeout: 30_000 }).toBeDefined()

    child.kill('SIGINT')

    expect(await ended).toEqual([0, null])
    expect(existsSync(folder.file('instance.json'))).toBe(false)
  })
})

describe('slipway down', () => {
  it('stops a server that is still starting, and keeps a second one off meanwhile', async () => {
    const folder = new DataFolder(join(root, 'starting'))
    const first = start(PROGRAM, ['--data', folder.path, ...UP])
    await expect.poll(() => folder.findProcess(), { timeout: 30_000 }).toBe(first.child.pid)

    const second = spawnSync(PROGRAM, ['--data', folder.path, ...UP], { encoding: 'utf8' })
    await stopServer({ data: folder.path, purge: true })

    expect(second).toMatchObject({ status: 1, stderr: expect.stringContaining('already, as process') })
    expect(await first.ended).toEqual([0, null])
    expect(existsSync(folder.path)).toBe(false)
  })

  it('does not remove a folder that slipway cluster works on', async () => {
    const data = join(root, 'cluster')
    const { child, ended, says } = start(PROGRAM, ['cluster', '--data', data, '--nodes', 'none'])
    await says(/^Ready\.$/)

    await expect(stopServer({ data, purge: true })).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })

    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(existsSync(join(data, 'cluster.db'))).toBe(true)
  })
})

const builder = await testEngine(process.env)
const IMAGE = 'localhost/slipway-signals/busybox:1'
afterAll(() => builder?.stop())

describe('a second Ctrl-C', () => {
  const interruptTwice = async ({ child, ended }: ReturnType<typeof start>): Promise<void> => {
    child.kill('SIGINT')
    child.kill('SIGINT')
    // The two may arrive as one.
    expect([0, 130]).toContain((await ended)[0])
  }

  it('ends a cluster that is stopping, and leaves no folder', async () => {
    const cluster = start(PROGRAM, ['cluster', '--nodes', 'none'])
    const [, file = ''] = /^export KUBECONFIG=(.*)$/.exec(await cluster.says(/^export KUBECONFIG=/)) ?? []

    await interruptTwice(cluster)

    expect(existsSync(dirname(file))).toBe(false)
  })

  it.skipIf(!builder)('leaves no containers of a cluster without --data either', async () => {
    await buildTestImage(builder!.engine, IMAGE)
    const cluster = start(PROGRAM, ['cluster'])
    const said = cluster.says(/^export KUBECONFIG=/)
    await cluster.says(/^Ready\.$/)
    const [, file = ''] = /^export KUBECONFIG=(.*)$/.exec(await said) ?? []
    const client = new KubeClient(parseKubeconfig(readFileSync(file, 'utf8')))
    const namespace = `signals-${process.pid}`
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as KubeObject)
    for (const name of ['a', 'b', 'c']) {
      const container = {
        name,
        image: IMAGE,
        imagePullPolicy: 'IfNotPresent',
        command: ['/bin/busybox', 'sleep', '9999'],
      }
      await client.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace },
        spec: { containers: [container] },
      } as KubeObject)
    }
    const pods = { apiVersion: 'v1', kind: 'Pod', namespace }
    await waitFor(client, pods, (found) => found.every(({ status }) => status.phase === 'Running'))
    await client.close()

    await interruptTwice(cluster)

    expect(existsSync(dirname(file))).toBe(false)
    expect(await builder!.engine.list({ labels: { 'io.kubernetes.pod.namespace': namespace } })).toEqual([])
  })
})
