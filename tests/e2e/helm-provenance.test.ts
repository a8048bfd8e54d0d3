import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPath } from './clients.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const helm4 = clientPath('helm4')
const hasGpg = spawnSync('gpg', ['--version']).status === 0
const folder = mkdtempSync(join(tmpdir(), 'slipway-prov-'))
const secrets = join(folder, 'secring.gpg')
const publics = join(folder, 'pubring.gpg')
const passphrase = join(folder, 'passphrase')

interface Result {
  status: number
  stdout: string
  stderr: string
}
type Helm = (...args: string[]) => Promise<Result>

/** Not blocking: one of the servers that it speaks to is in this process. */
function helmOf(name: string, command: string, first: string[] = []): Helm {
  const home = join(folder, name)
  const env = {
    ...process.env,
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_DATA_HOME: join(home, 'data'),
    GNUPGHOME: folder,
    KUBECONFIG: join(folder, 'kubeconfig'),
    HELM_NAMESPACE: `ns-${name}`,
  }
  return (...args) =>
    new Promise((resolve) => {
      const child = spawn(command, [...first, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
      const result = { status: 0, stdout: '', stderr: '' }
      child.stdout.on('data', (chunk) => (result.stdout += String(chunk)))
      child.stderr.on('data', (chunk) => (result.stderr += String(chunk)))
      child.on('close', (status) => resolve({ ...result, status: status ?? 1 }))
    })
}

const theirs = helmOf('theirs', helm4 ?? '')
const ours = helmOf('ours', process.execPath, [PROGRAM, 'helm'])
const signing = ['--sign', '--key', 'Ship Wright', '--keyring', secrets, '--passphrase-file', passphrase]

function writeChart(path: string, name: string, more = ''): void {
  mkdirSync(join(folder, path, 'templates'), { recursive: true })
  writeFileSync(
    join(folder, path, 'Chart.yaml'),
    `apiVersion: v2\nname: ${name}\nversion: 1.2.3\ndescription: "- dashes: and such"\nkeywords: [b, a]\n${more}`,
  )
  writeFileSync(
    join(folder, path, 'templates', 'a.yaml'),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\n',
  )
}

/** A key ring in the form that Helm reads, made by the real GnuPG. */
function makeKeys(): void {
  const home = mkdtempSync(join(tmpdir(), 'gnupg-'))
  const gpg = (...args: string[]) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--pinentry-mode', 'loopback', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  writeFileSync(passphrase, 'open sesame\n')
  for (const [user, kind] of [
    ['Ship Wright <ship@example.com>', 'rsa2048'],
    ['Ship Other <other@example.com>', 'ed25519'],
    ['Ship Old <old@example.com>', 'dsa2048'],
    ['Ship Short <short@example.com>', 'rsa1024'],
    ['Ship Brain <brain@example.com>', 'brainpoolP256r1'],
    ['Ship Coin <coin@example.com>', 'secp256k1'],
  ] as const) {
    gpg('--passphrase', 'open sesame', '--quick-gen-key', user, kind, 'sign', 'never')
  }
  writeFileSync(publics, gpg('--export'))
  writeFileSync(secrets, gpg('--passphrase', 'open sesame', '--export-secret-keys'))
  writeFileSync(join(folder, 'stranger.gpg'), gpg('--export', 'other@example.com'))
  makePastKeys(home, gpg)
  spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
  rmSync(home, { recursive: true, force: true })
}

/** The ring before, and the same key as it expired or was revoked since. */
function makePastKeys(home: string, gpg: (...args: string[]) => Buffer): void {
  const then = ['--faked-system-time', '20240101T000000', '--passphrase', '']
  gpg(...then, '--quick-gen-key', 'Gone By <gone@example.com>', 'rsa2048', 'sign', 'never')
  const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(String(gpg('--list-keys', '--with-colons', 'gone@example.com')))![1]!
  writeFileSync(join(folder, 'before.gpg'), gpg('--export-secret-keys', fingerprint))
  gpg('--faked-system-time', '20250101T000000', '--quick-set-expire', fingerprint, 'seconds=1')
  writeFileSync(join(folder, 'expired.gpg'), gpg('--export', fingerprint))
  const revocation = join(home, 'openpgp-revocs.d', `${fingerprint}.rev`)
  // A colon keeps it from being taken by mistake.
  writeFileSync(revocation, readFileSync(revocation, 'utf8').replace(':-----', '-----'))
  gpg('--import', revocation)
  writeFileSync(join(folder, 'revoked.gpg'), gpg('--export', fingerprint))
}

let server: Server
let cluster: ClusterProcess
let address: string

beforeAll(async () => {
  if (!hasGpg || !helm4) return
  makeKeys()
  writeChart('shop', 'shop')
  cluster = startClusterProcess(['--nodes', 'none', '--kubeconfig', join(folder, 'kubeconfig')])
  await cluster.ready
  server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, 'served', request.url ?? '')))
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  await cluster?.end('SIGTERM')
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  rmSync(folder, { recursive: true, force: true })
})

describe.runIf(helm4 && hasGpg)('provenance files, ours and those of Helm 4', () => {
  it.each([
    ['ours', 'rsa2048', 'Ship Wright', ours],
    ['Helm', 'rsa2048', 'Ship Wright', theirs],
    ['ours', 'ed25519', 'other@example.com', ours],
    ['Helm', 'ed25519', 'other@example.com', theirs],
    ['ours', 'dsa2048', 'old@example.com', ours],
    ['Helm', 'dsa2048', 'old@example.com', theirs],
    ['ours', 'rsa1024', 'short@example.com', ours],
    ['Helm', 'rsa1024', 'short@example.com', theirs],
    ['ours', 'brainpoolP256r1', 'brain@example.com', ours],
    ['Helm', 'brainpoolP256r1', 'brain@example.com', theirs],
    ['ours', 'secp256k1', 'coin@example.com', ours],
    ['Helm', 'secp256k1', 'coin@example.com', theirs],
  ])('signed by %s with an %s key are verified alike by both', async (_, kind, key, signer) => {
    const destination = `signed-${kind}`
    const packed = await signer('package', 'shop', '-d', destination, ...signing.with(2, key))
    expect(packed).toMatchObject({ status: 0, stderr: '' })

    const archive = join(destination, 'shop-1.2.3.tgz')
    const expected = await theirs('verify', archive, '--keyring', publics)
    expect(expected).toMatchObject({ status: 0, stderr: '' })
    expect(await ours('verify', archive, '--keyring', publics)).toEqual(expected)
    expect(await ours('verify', archive)).toEqual(await theirs('verify', archive))
  })

  it('that are not right are refused with the same words', async () => {
    await ours('package', 'shop', '-d', 'bad', ...signing)
    const archive = join(folder, 'bad', 'shop-1.2.3.tgz')
    const spoil = {
      'a stranger': ['bad/shop-1.2.3.tgz', '--keyring', 'stranger.gpg'],
      'no key ring': ['bad/shop-1.2.3.tgz', '--keyring', 'none.gpg'],
      'no provenance': ['bad/unsigned.tgz', '--keyring', publics],
      'no archive': ['bad/none.tgz', '--keyring', publics],
      'a folder': ['shop', '--keyring', publics],
      'another name': ['bad/renamed.tgz', '--keyring', publics],
      'another text': ['bad/text.tgz', '--keyring', publics],
      'another archive': ['bad/shop-1.2.3.tgz', '--keyring', publics],
      'no signature': ['bad/nothing.tgz', '--keyring', publics],
    }
    const text = readFileSync(`${archive}.prov`, 'utf8')
    for (const name of ['renamed', 'text', 'nothing', 'unsigned']) cpSync(archive, join(folder, 'bad', `${name}.tgz`))
    writeFileSync(join(folder, 'bad/renamed.tgz.prov'), text)
    writeFileSync(join(folder, 'bad/text.tgz.prov'), text.replace('name: shop', 'name: ship'))
    writeFileSync(join(folder, 'bad/nothing.tgz.prov'), 'nothing')
    for (const [what, args] of Object.entries(spoil)) {
      if (what === 'another archive') writeFileSync(archive, `${readFileSync(archive, 'latin1')}x`, 'latin1')
      expect({ what, ...(await ours('verify', ...args)) }).toEqual({ what, ...(await theirs('verify', ...args)) })
    }
  })

  it('by a key that has expired or was revoked since are refused with the same words', async () => {
    const signed = await ours(
      'package',
      'shop',
      '-d',
      'past',
      ...signing.slice(0, 1),
      '--key',
      'Gone',
      '--keyring',
      'before.gpg',
    )
    expect(signed).toMatchObject({ status: 0, stderr: '' })

    for (const ring of ['before.gpg', 'expired.gpg', 'revoked.gpg']) {
      const [actual, expected] = await Promise.all(
        [ours, theirs].map((helm) => helm('verify', 'past/shop-1.2.3.tgz', '--keyring', ring)),
      )
      expect({ ring, ...actual }).toEqual({ ring, ...expected })
    }
  })

  it.each([
    ['no key', ['--sign', '--keyring', secrets]],
    ['a key that is not there', ['--sign', '--key', 'Nobody', '--keyring', secrets, '--passphrase-file', passphrase]],
    ['a vague name', ['--sign', '--key', 'Ship', '--keyring', secrets, '--passphrase-file', passphrase]],
    ['a public key', ['--sign', '--key', 'Ship Wright', '--keyring', publics, '--passphrase-file', passphrase]],
    ['no key ring', ['--sign', '--key', 'Ship Wright', '--keyring', 'none.gpg']],
  ])('%s signs nothing', async (_, args) => {
    expect(await ours('package', 'shop', '-d', 'out', ...args)).toEqual(
      await theirs('package', 'shop', '-d', 'out', ...args),
    )
  })

  it('are fetched and checked by pull, template, show, dependency build, install and upgrade', async () => {
    await ours('package', 'shop', '-d', 'served', ...signing)
    await theirs('repo', 'index', 'served', '--url', address)
    writeChart('parent', 'parent', `dependencies: [{name: shop, version: 1.2.3, repository: "${address}"}]\n`)
    const commands = [
      ['pull', `${address}/shop-1.2.3.tgz`, '--verify', '--keyring', publics],
      ['pull', 'shop', '--repo', address, '--prov', '-d', 'bad'],
      ['pull', `${address}/shop-1.2.3.tgz`, '--verify', '--keyring', 'stranger.gpg'],
      ['template', 'x', 'served/shop-1.2.3.tgz', '--verify', '--keyring', publics],
      ['template', 'x', 'shop', '--repo', address, '--verify', '--keyring', publics],
      ['template', 'x', 'shop', '--repo', address, '--verify', '--keyring', 'stranger.gpg'],
      ['show', 'chart', `${address}/shop-1.2.3.tgz`, '--verify', '--keyring', publics],
      ['repo', 'add', 'own', address],
      ['dependency', 'update', 'parent', '--verify', '--keyring', publics],
      ['dependency', 'build', 'parent', '--verify', '--keyring', publics],
      ['dependency', 'build', 'parent', '--verify', '--keyring', 'stranger.gpg'],
    ]
    for (const command of commands) {
      const [actual, expected] = [await ours(...command), await theirs(...command)]
      expect({ command, ...plain(actual) }).toEqual({ command, ...plain(expected) })
    }
    writeChart('bare', 'bare')
    await ours('package', 'bare', '-d', 'served')
    const known = ['--verify', '--keyring', publics]
    const stranger = ['--verify', '--keyring', 'stranger.gpg']
    const releases = [
      ['install', 'x', 'served/shop-1.2.3.tgz', '--create-namespace', ...known],
      ['install', 'y', `${address}/shop-1.2.3.tgz`, ...known],
      ['install', 'z', 'shop', '--repo', address, '--dry-run=client', ...known],
      ['install', 'z', 'served/shop-1.2.3.tgz', ...stranger],
      ['install', 'z', 'shop', '--repo', address, ...stranger],
      ['install', 'z', 'shop', ...known],
      ['install', 'z', 'served/bare-1.2.3.tgz', ...known],
      ['install', 'z', `${address}/bare-1.2.3.tgz`, ...known],
      ['upgrade', 'x', 'shop', '--repo', address, ...known],
      ['upgrade', 'x', 'shop', '--repo', address, ...stranger],
      ['upgrade', 'w', 'served/shop-1.2.3.tgz', '-i', ...stranger],
      ['list', '-q'],
    ]
    for (const command of releases) {
      const [actual, expected] = [await ours(...command), await theirs(...command)]
      expect({ command, ...plain(actual) }).toEqual({ command, ...plain(expected) })
    }
    for (const command of [commands[0], commands[1], commands[8]] as string[][]) {
      const [actual, expected] = [await ours(...command), await theirs(...command)]
      expect({ command, ...plain(actual) }).toEqual({ command, ...plain(expected) })
    }
  })
})

/** Without the folder of each Helm's own cache, and without what Helm says of provenance files that it will not keep in charts/. */
function plain({ stdout, stderr, status }: Result): Result {
  const own = (text: string) =>
    text
      .replaceAll(/(ours|theirs)\//g, 'OWN/')
      .replaceAll(/ns-(ours|theirs)/g, 'NAMESPACE')
      .replaceAll(/LAST DEPLOYED: .*/g, '')
      .replaceAll(/Could not verify .*\(Skipping\)/g, '')
  return { stdout: own(stdout), stderr: own(stderr), status }
}
