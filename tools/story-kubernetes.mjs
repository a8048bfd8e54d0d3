/**
 * Runs the end-to-end story on a real Kubernetes of one node: the same files and the same checks, with `slipway up --context`, a real
 * kubelet and real imagePullSecrets. SLIPWAY_KUBE_PEER is a folder with two programs: `up.sh DIR --port N --node` starts a cluster and
 * writes DIR/kubeconfig, and has its containerd read registries from DIR/certs.d; `down.sh DIR` stops it.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clientFolder } from './clients.mjs'

const REGISTRY = 'acrgitopsdev.azurecr.io'
const peer = process.env.SLIPWAY_KUBE_PEER
if (!peer) {
  console.error('story:kubernetes needs a real cluster: SLIPWAY_KUBE_PEER, a folder with up.sh and down.sh')
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'slipway-story-kubernetes-'))
const home = join(folder, 'home')
mkdirSync(home)
const httpPort = await freePort()
pointAtRegistry(`http://127.0.0.1:${httpPort}`)
let status = 1
try {
  run(join(peer, 'up.sh'), [folder, '--port', String(await freePort()), '--node'])
  const kubeconfig = join(folder, 'kubeconfig')
  const context = /^current-context: *(.*)$/m.exec(readFileSync(kubeconfig, 'utf8'))?.[1] ?? ''
  const env = {
    STORY_KUBECONFIG: kubeconfig,
    STORY_CONTEXT: context,
    STORY_HTTP_PORT: String(httpPort),
    SLIPWAY_TEST_CLIENTS: clientFolder,
    // A run's `az acr login` writes ~/.docker/config.json, which a kubelet on this machine would pull with.
    HOME: home,
  }
  status = run(process.execPath, ['tools/test.mjs', '--project', 'e2e', 'tests/e2e/story.test.ts'], env)
} finally {
  run(join(peer, 'down.sh'), [folder])
}
if (status === 0) rmSync(folder, { recursive: true, force: true })
else console.error(`what the cluster said is in ${folder}`)
process.exit(status)

/** containerd's own table of registries (docs/hosts.md of containerd), which it reads for each pull. */
function pointAtRegistry(url) {
  const hosts = join(folder, 'certs.d', REGISTRY)
  mkdirSync(hosts, { recursive: true })
  writeFileSync(
    join(hosts, 'hosts.toml'),
    `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`,
  )
}

function run(command, args, env = {}) {
  return spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
