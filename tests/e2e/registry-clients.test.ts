import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sh } from '../../apps/slipway/src/story/shell.ts'
import { connectEngine, startPodman } from '../../packages/container-engine/src/index.ts'
import { buildTestImage, ownStorage } from '../../packages/container-engine/src/testing/index.ts'
import { clientPath, systemClient } from './clients.ts'
import { writeOciLayout } from './oci-layout.ts'
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-clients-'))
const layout = join(folder, 'layout')
/** Every client keeps its logins and images here, and nothing of the user who runs the tests. */
const env = {
  ...process.env,
  HOME: folder,
  XDG_RUNTIME_DIR: folder,
  DOCKER_CONFIG: folder,
  REGISTRY_AUTH_FILE: join(folder, 'config.json'),
  HELM_CACHE_HOME: join(folder, 'helm', 'cache'),
  HELM_CONFIG_HOME: join(folder, 'helm', 'config'),
  HELM_DATA_HOME: join(folder, 'helm', 'data'),
}

let registry: RegistryProcess
let host: string
let password: string
let digest: string
beforeAll(async () => {
  registry = await startRegistryProcess(join(folder, 'data'))
  host = new URL(registry.url).host
  password = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
  digest = await writeOciLayout(layout, '1', 'hello\n')
})
afterAll(async () => {
  await registry?.kill()
  rmSync(folder, { recursive: true, force: true })
})

/** A client's commands; `skip` says in the title why there are none. */
function commands(name: string, path: string | undefined, global: string[] = []) {
  return {
    absent: path === undefined,
    title: path === undefined ? `${name} (skipped: it could not be had)` : name,
    run: (...args: string[]): Promise<string> => sh(path ?? name, [...global, ...args], { env, cwd: folder }),
  }
}

async function digestOf(repository: string, tag: string): Promise<string | null> {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json'
  const answer = await registry.send('HEAD', `/v2/${repository}/manifests/${tag}`, { headers: { accept } })
  return answer.status === 404 ? null : answer.headers.get('docker-content-digest')
}

const storage = ['--root', join(folder, 'images'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']

const skopeo = commands('skopeo', systemClient('skopeo'))
describe.skipIf(skopeo.absent)(skopeo.title, () => {
  it('logs in, copies an image in, across and out again, and deletes it', async () => {
    await expect(skopeo.run('list-tags', '--tls-verify=false', `docker://${host}/skopeo/a`)).rejects.toThrow(
      /unauthorized|authentication required/,
    )
    await skopeo.run('login', '--tls-verify=false', '-u', 'admin', '-p', password, host)

    const source = ['--src-tls-verify=false', '--dest-tls-verify=false']
    await skopeo.run('copy', '--dest-tls-verify=false', `oci:${layout}:1`, `docker://${host}/skopeo/a:1`)
    await skopeo.run('copy', ...source, `docker://${host}/skopeo/a:1`, `docker://${host}/skopeo/b:2`)
    await skopeo.run('copy', '--src-tls-verify=false', `docker://${host}/skopeo/b:2`, `oci:${join(folder, 'out')}:2`)

    expect(await digestOf('skopeo/b', '2')).toBe(digest)
    const tags = await skopeo.run('list-tags', '--tls-verify=false', `docker://${host}/skopeo/b`)
    expect(JSON.parse(tags)).toMatchObject({ Tags: ['2'] })
    const inspected = await skopeo.run('inspect', '--tls-verify=false', `docker://${host}/skopeo/b:2`)
    expect(JSON.parse(inspected)).toMatchObject({ Digest: digest, Architecture: 'amd64' })
    await skopeo.run('delete', '--tls-verify=false', `docker://${host}/skopeo/b:2`)
    expect(await digestOf('skopeo/b', '2')).toBeNull()
  })
})

const podman = commands('podman', systemClient('podman'), storage)
describe.skipIf(podman.absent)(podman.title, () => {
  it('logs in, pushes, searches and pulls', async () => {
    await expect(podman.run('login', '--tls-verify=false', '-u', 'admin', '-p', 'wrong', host)).rejects.toThrow(
      /invalid username\/password/,
    )
    await podman.run('login', '--tls-verify=false', '-u', 'admin', '-p', password, host)
    const name = `${host}/podman/web:1`
    writeFileSync(join(folder, 'Containerfile'), 'FROM scratch\nCOPY oci-layout /\n')
    const built = (await podman.run('build', '-q', '-t', name, '-f', 'Containerfile', layout)).trim()

    await podman.run('push', '--tls-verify=false', name)
    const found = await podman.run('search', '--tls-verify=false', '--list-tags', `${host}/podman/web`)
    await podman.run('rmi', '-f', built)
    const pulled = (await podman.run('pull', '-q', '--tls-verify=false', name)).trim()

    expect(found).toMatch(/podman\/web\s+1/)
    expect(pulled).toBe(built)
  })

  it('makes a list of platforms and pulls its own of it', async () => {
    const [list, all] = [`slipway-test-${process.pid}`, `${host}/podman/all:1`]
    await podman.run('manifest', 'create', list)
    await podman.run('manifest', 'add', '--tls-verify=false', list, `docker://${host}/podman/web:1`)
    await podman.run('manifest', 'push', '--tls-verify=false', '--all', list, `docker://${all}`)
    await podman.run('rmi', '-a', '-f')

    expect((await podman.run('pull', '-q', '--tls-verify=false', all)).trim()).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe.skipIf(podman.absent || !existsSync('/bin/busybox'))("Docker's API, as Podman serves it", () => {
  it('pushes an image and pulls it back', async () => {
    const service = await startPodman({ dir: join(folder, 'podman'), env: { ...env, ...podmanFiles() } })
    const engine = await connectEngine({ socketPath: service.socketPath })
    if (!engine) throw new Error('podman listens but does not answer')
    const name = `${host}/docker/web:1`
    try {
      const image = await buildTestImage(engine, name)
      await engine.push(name, { username: 'admin', password, insecure: true })
      await engine.removeImage(image, { force: true })
      await engine.pull(name, { username: 'admin', password, insecure: true })

      expect((await engine.inspectImage(name))?.id).toBe(image)
    } finally {
      await service.stop()
    }
  })

  /** Docker takes this machine's registries without TLS, Podman those that a file names. */
  function podmanFiles(): NodeJS.ProcessEnv {
    const registries = join(folder, 'registries.conf')
    writeFileSync(registries, `[[registry]]\nlocation = "${host}"\ninsecure = true\n`)
    return { CONTAINERS_REGISTRIES_CONF: registries, ...ownStorage(folder) }
  }
})

const buildah = commands('buildah', systemClient('buildah'), storage)
describe.skipIf(buildah.absent)(buildah.title, () => {
  it('builds an image upon one that the registry has', async () => {
    await buildah.run('login', '--tls-verify=false', '-u', 'admin', '-p', password, host)
    writeFileSync(join(folder, 'more.txt'), 'more\n')
    const first = (await buildah.run('from', 'scratch')).trim()
    await buildah.run('copy', first, 'more.txt', '/more.txt')
    await buildah.run('commit', '--tls-verify=false', '--rm', first, `docker://${host}/buildah/base:1`)

    const second = (await buildah.run('from', '--tls-verify=false', `${host}/buildah/base:1`)).trim()
    await buildah.run('config', '--label', 'made.by=buildah', second)
    await buildah.run('commit', '--rm', second, 'slipway-test-made')
    await buildah.run('push', '--tls-verify=false', 'slipway-test-made', `docker://${host}/buildah/made:1`)

    expect(await digestOf('buildah/made', '1')).not.toBe(await digestOf('buildah/base', '1'))
    expect(await digestOf('buildah/made', '1')).toMatch(/^sha256:/)
  })
})

const helms = (['helm3', 'helm4'] as const).map((version) => ({
  version,
  helm: commands(version, clientPath(version)),
}))
describe.each(helms)('$helm.title', ({ version, helm }) => {
  const archive = (name: string): string => join(folder, `${name}-0.1.0.tgz`)

  it.skipIf(helm.absent)('pushes a chart with oci:// and takes it from the repository too', async () => {
    const name = `${version}-pushed`
    await helm.run('create', name)
    await helm.run('package', name)
    // Only Helm 4 has to be told that it is plain HTTP.
    await helm.run(
      'registry',
      'login',
      host,
      ...(version === 'helm4' ? ['--plain-http'] : []),
      '-u',
      'admin',
      '-p',
      password,
    )

    await helm.run('push', archive(name), `oci://${host}/helm`, '--plain-http')
    rmSync(archive(name))
    await helm.run('pull', `oci://${host}/helm/${name}`, '--plain-http', '--version', '0.1.0')
    const pushed = readFileSync(archive(name))
    rmSync(archive(name))
    await helm.run(
      'repo',
      'add',
      version,
      `${registry.url}/helm/v1/repo`,
      '--username',
      'admin',
      '--password',
      password,
    )
    await helm.run('repo', 'update', version)
    await helm.run('pull', `${version}/${name}`)

    expect(await helm.run('search', 'repo', `${version}/${name}`)).toContain('0.1.0')
    expect(readFileSync(archive(name)).equals(pushed)).toBe(true)
    expect(await helm.run('template', 'x', `oci://${host}/helm/${name}`, '--plain-http')).toContain('kind: Deployment')
  })

  it.skipIf(helm.absent)("takes a chart over oci:// that came in by the repository's door", async () => {
    const name = `${version}-sent`
    await helm.run('create', name)
    await helm.run('package', name)
    const body = readFileSync(archive(name))
    rmSync(archive(name))

    const answer = await registry.send('PUT', `/helm/v1/repo/_blobs/${name}-0.1.0.tgz`, { body })
    await helm.run('pull', `oci://${host}/helm/${name}`, '--plain-http', '--version', '0.1.0')

    expect(answer.status).toBe(201)
    expect(readFileSync(archive(name)).equals(body)).toBe(true)
  })
})

const crane = commands('crane', clientPath('crane'))
describe.skipIf(crane.absent)(crane.title, () => {
  it('pushes, tags, copies, checks, exports and deletes', async () => {
    const image = `${host}/crane/web`
    await crane.run('auth', 'login', host, '-u', 'admin', '-p', password)
    await crane.run('push', layout, `${image}:1`)
    await crane.run('tag', `${image}:1`, 'latest')
    await crane.run('copy', `${image}:latest`, `${host}/crane/copy:1`)
    await crane.run('validate', '--remote', `${image}:1`)
    await crane.run('export', `${image}:1`, 'exported.tar')

    expect((await crane.run('digest', `${host}/crane/copy:1`)).trim()).toBe(digest)
    expect((await crane.run('ls', image)).split('\n')).toEqual(['1', 'latest', ''])
    expect(await crane.run('catalog', host)).toContain('crane/copy')
    expect(readFileSync(join(folder, 'exported.tar'), 'utf8')).toContain('hello\n')
    await crane.run('delete', `${host}/crane/copy@${digest}`)
    expect(await digestOf('crane/copy', '1')).toBeNull()
  })

  it('appends a layer and changes what the image says of itself', async () => {
    const image = `${host}/crane/web`
    mkdirSync(join(folder, 'layer'), { recursive: true })
    writeFileSync(join(folder, 'layer', 'more.txt'), 'more\n')
    await sh('tar', ['cf', 'layer.tar', '-C', 'layer', 'more.txt'], { cwd: folder })

    await crane.run('append', '-b', `${image}:1`, '-f', 'layer.tar', '-t', `${image}:2`)
    await crane.run('mutate', `${image}:2`, '--label', 'made.by=crane', '-t', `${image}:3`)

    expect(JSON.parse(await crane.run('manifest', `${image}:3`)).layers).toHaveLength(2)
    expect(JSON.parse(await crane.run('config', `${image}:3`)).config.Labels).toEqual({ 'made.by': 'crane' })
  })
})

const oras = commands('oras', clientPath('oras'))
describe.skipIf(oras.absent)(oras.title, () => {
  it('stores files, attaches more to them, finds and copies all of it', async () => {
    const files = `${host}/oras/files`
    writeFileSync(join(folder, 'notes.txt'), 'notes\n')
    writeFileSync(join(folder, 'sbom.json'), '{}')
    await oras.run('login', '--plain-http', '-u', 'admin', '-p', password, host)
    await oras.run('push', '--plain-http', `${files}:1`, '--artifact-type', 'test/notes', 'notes.txt:text/plain')
    await oras.run('attach', '--plain-http', `${files}:1`, '--artifact-type', 'test/sbom', 'sbom.json:application/json')
    await oras.run('cp', '-r', '--from-plain-http', '--to-plain-http', `${files}:1`, `${host}/oras/copy:1`)
    await oras.run('pull', '--plain-http', '-o', 'pulled', `${host}/oras/copy:1`)

    const found = JSON.parse(await oras.run('discover', '--plain-http', '--format', 'json', `${host}/oras/copy:1`))
    expect(found.referrers).toMatchObject([{ artifactType: 'test/sbom' }])
    expect(readFileSync(join(folder, 'pulled', 'notes.txt'), 'utf8')).toBe('notes\n')
    expect((await oras.run('repo', 'tags', '--plain-http', `${host}/oras/copy`)).trim()).toBe('1')
    expect(await oras.run('repo', 'ls', '--plain-http', host)).toContain('oras/copy')
  })

  it('tags, resolves and deletes', async () => {
    const files = `${host}/oras/files`
    await oras.run('tag', '--plain-http', `${files}:1`, 'again')
    const resolved = (await oras.run('resolve', '--plain-http', `${files}:again`)).trim()
    await oras.run('manifest', 'delete', '--plain-http', '--force', `${files}@${resolved}`)

    expect(await digestOf('oras/files', 'again')).toBeNull()
    expect(await digestOf('oras/files', '1')).toBeNull()
  })
})
