import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCertificates } from '@slipway/kube-apiserver'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sh } from '../../apps/slipway/src/story/shell.ts'
import { clientPath, systemClient } from './clients.ts'
import { writeOciLayout } from './oci-layout.ts'
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-tls-'))
const file = (name: string): string => join(folder, name)
const user = { name: 'dev', password: 'pa ss:wörd' }
/** As `htpasswd -B` writes it. */
const USERS = 'dev:$2y$05$hrjGs7V6/.nZnxPSEm0p..bCV4K7dkcSnJWP/hYcHBeJ3besBdLGy\n'
/** Whoever wants to run a registry makes a certificate that no client knows yet. */
const env = {
  ...process.env,
  HOME: folder,
  XDG_RUNTIME_DIR: folder,
  DOCKER_CONFIG: folder,
  REGISTRY_AUTH_FILE: file('config.json'),
  HELM_CACHE_HOME: file('helm/cache'),
  HELM_CONFIG_HOME: file('helm/config'),
  HELM_DATA_HOME: file('helm/data'),
  SSL_CERT_FILE: file('certs/ca.crt'),
}

let registry: RegistryProcess
let host: string
let digest: string
beforeAll(async () => {
  const { ca, server } = await createCertificates({ hosts: ['127.0.0.1', 'localhost'], now: new Date() })
  mkdirSync(file('certs'))
  writeFileSync(file('certs/ca.crt'), ca.cert)
  writeFileSync(file('server.crt'), server.cert)
  writeFileSync(file('server.key'), server.key, { mode: 0o600 })
  writeFileSync(file('users'), USERS)
  const tls = ['--tls-cert', file('server.crt'), '--tls-key', file('server.key')]
  registry = await startRegistryProcess(file('data'), { args: ['--htpasswd', file('users'), ...tls], user })
  host = new URL(registry.url).host
  digest = await writeOciLayout(file('layout'), '1', 'hello\n')
})
afterAll(async () => {
  await registry?.kill()
  rmSync(folder, { recursive: true, force: true })
})

const run = (path: string | undefined, ...args: string[]): Promise<string> => sh(path ?? '', args, { env, cwd: folder })

const skopeo = systemClient('skopeo')
it.skipIf(skopeo === undefined)('skopeo logs in over HTTPS, pushes, lists and pulls', async () => {
  const certs = ['--cert-dir', file('certs')]
  await expect(run(skopeo, 'login', ...certs, '-u', user.name, '-p', 'wrong', host)).rejects.toThrow(
    /invalid username\/password/,
  )
  await run(skopeo, 'login', ...certs, '-u', user.name, '-p', user.password, host)

  await run(
    skopeo,
    'copy',
    '--dest-cert-dir',
    file('certs'),
    `oci:${file('layout')}:1`,
    `docker://${host}/skopeo/web:1`,
  )
  await run(skopeo, 'copy', '--src-cert-dir', file('certs'), `docker://${host}/skopeo/web:1`, `oci:${file('out')}:1`)

  expect(JSON.parse(await run(skopeo, 'list-tags', ...certs, `docker://${host}/skopeo/web`))).toMatchObject({
    Tags: ['1'],
  })
  expect(readFileSync(file('out/index.json'), 'utf8')).toContain(digest)
})

const podman = systemClient('podman')
it.skipIf(podman === undefined)('podman logs in over HTTPS, builds, pushes and pulls', async () => {
  const storage = ['--root', file('images'), '--runroot', file('run'), '--storage-driver', 'vfs']
  const certs = ['--cert-dir', file('certs')]
  await expect(run(podman, ...storage, 'login', ...certs, '-u', user.name, '-p', 'wrong', host)).rejects.toThrow(
    /invalid username\/password/,
  )
  await run(podman, ...storage, 'login', ...certs, '-u', user.name, '-p', user.password, host)
  const name = `${host}/podman/web:1`
  writeFileSync(file('Containerfile'), 'FROM scratch\nCOPY oci-layout /\n')
  const built = (await run(podman, ...storage, 'build', '-q', '-t', name, '-f', 'Containerfile', file('layout'))).trim()

  await run(podman, ...storage, 'push', ...certs, name)
  await run(podman, ...storage, 'rmi', '-f', built)

  expect((await run(podman, ...storage, 'pull', '-q', ...certs, name)).trim()).toBe(built)
})

const crane = clientPath('crane')
it.skipIf(crane === undefined)('crane logs in over HTTPS, pushes, lists and pulls', async () => {
  const image = `${host}/crane/web`
  await run(crane, 'auth', 'login', host, '-u', user.name, '-p', 'wrong')
  await expect(run(crane, 'push', file('layout'), `${image}:1`)).rejects.toThrow(/UNAUTHORIZED/)
  await run(crane, 'auth', 'login', host, '-u', user.name, '-p', user.password)
  await run(crane, 'push', file('layout'), `${image}:1`)

  expect(await run(crane, 'ls', image)).toBe('1\n')
  expect((await run(crane, 'digest', `${image}:1`)).trim()).toBe(digest)
})

const helm = clientPath('helm4')
it.skipIf(helm === undefined)(
  'helm logs in over HTTPS, pushes a chart, and finds it in the repository too',
  async () => {
    const ca = ['--ca-file', file('certs/ca.crt')]
    await expect(run(helm, 'registry', 'login', host, ...ca, '-u', user.name, '-p', 'wrong')).rejects.toThrow(
      /unauthorized/,
    )
    await run(helm, 'registry', 'login', host, ...ca, '-u', user.name, '-p', user.password)
    await run(helm, 'create', 'shop')
    await run(helm, 'package', 'shop')

    await run(helm, 'push', 'shop-0.1.0.tgz', `oci://${host}/helm`, ...ca)
    const login = ['--username', user.name, '--password', user.password]
    await run(helm, 'repo', 'add', 'own', `${registry.url}/helm/v1/repo`, ...ca, ...login)

    expect(await run(helm, 'search', 'repo', 'own/shop')).toContain('0.1.0')
    expect(await run(helm, 'template', 'x', `oci://${host}/helm/shop`, ...ca)).toContain('kind: Deployment')
  },
)

describe('slipway itself', () => {
  const slipway = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
  const login = ['-u', user.name, '-p', user.password]

  it.each([
    ['an authority', ['--ca-file', file('certs/ca.crt')]],
    ['no look at the certificate', ['--insecure']],
  ])('reads over HTTPS with %s', async (_what, tls) => {
    expect(await run(slipway, 'registry', 'usage', host, ...tls, ...login)).toContain('in all')
  })

  it('pushes and lists charts as az does, which is told whom to trust', async () => {
    const az = (...args: string[]): Promise<string> =>
      sh(slipway, ['az', 'acr', 'helm', ...args, '-n', registry.url, ...login], {
        env: { ...env, REQUESTS_CA_BUNDLE: file('certs/ca.crt') },
        cwd: folder,
      })
    await run(slipway, 'helm', 'create', 'desk')
    await run(slipway, 'helm', 'package', 'desk')

    await az('push', 'desk-0.1.0.tgz')

    expect(await az('list', '-o', 'table')).toMatch(/^desk +0\.1\.0 +1\.16\.0 /m)
  })

  it('says what is wrong with a certificate, a password and a key', async () => {
    const list = (...args: string[]): Promise<string> => run(slipway, 'registry', 'list', host, ...args)
    const data = ['--data', file('data')]
    const wrongKey = ['--tls-cert', file('server.crt'), '--tls-key', file('users')]

    await expect(list(...data, ...login)).rejects.toThrow(/the registry's certificate is not trusted: /)
    await expect(list('--insecure', '-u', user.name, '-p', 'wrong')).rejects.toThrow(/check the user name and password/)
    await expect(
      run(slipway, 'registry', '--data', file('other'), '--listen', '127.0.0.1:0', ...wrongKey),
    ).rejects.toThrow(/server.crt and .*users can't serve HTTPS: .*give a certificate chain and the key/)
  })
})

it('answers curl, with a password that has a blank, a colon and an umlaut in it', async () => {
  const status = (auth: string): Promise<string> =>
    run(
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '--cacert',
      file('certs/ca.crt'),
      '-u',
      auth,
      `${registry.url}/v2/`,
    )

  expect([await status(`${user.name}:${user.password}`), await status(`${user.name}:pa ss`)]).toEqual(['200', '401'])
})
