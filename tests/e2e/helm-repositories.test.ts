import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPath } from './clients.ts'
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const helm4 = clientPath('helm4')
const helm3 = clientPath('helm3')
const root = mkdtempSync(join(tmpdir(), 'slipway-helm-repo-'))

interface Result {
  status: number
  stdout: string
  stderr: string
}

type Helm = (...args: string[]) => Promise<Result>

/** Each helm has a folder of its own, with the same files in it. */
function helmOf(name: string, command: string, first: string[] = []): Helm & { folder: string } {
  const folder = join(root, name)
  const env = {
    ...process.env,
    HELM_CONFIG_HOME: join(folder, '.config'),
    HELM_CACHE_HOME: join(folder, '.cache'),
    HELM_DATA_HOME: join(folder, '.data'),
  }
  const helm: Helm = (...args) =>
    new Promise((resolve) => {
      // Helm names a temporary file there, and a request that failed in words of its library.
      const plain = (text: string) =>
        text
          .replaceAll(folder, 'FOLDER')
          .replaceAll(/(index\.yaml)\d+/g, '$1')
          .replaceAll(/(list of tags for repository \S+: ).*/g, '$1')
      execFile(command, [...first, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code ?? 1) : 0, stdout: plain(stdout), stderr: plain(stderr) })
      })
    })
  return Object.assign(helm, { folder })
}

const theirs = helmOf('helm4', helm4 ?? '')
const older = helmOf('helm3', helm3 ?? '')
const ours = helmOf('ours', process.execPath, [PROGRAM, 'helm'])
const folders = [theirs.folder, older.folder, ours.folder]

function write(path: string, text: string): void {
  for (const folder of folders) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** A packaged chart in every folder, the same bytes in each. */
async function pack(to: string, chart: string): Promise<void> {
  write('source/Chart.yaml', chart)
  write('source/templates/a.yaml', 'kind: ConfigMap\nmetadata: {name: a}\n')
  const { status, stderr } = await theirs('package', 'source', '-d', to)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  for (const { folder } of [older, ours]) cpSync(join(theirs.folder, to), join(folder, to), { recursive: true })
}

/** A file of both, without the times at which it was made. */
function made(path: string): { actual: string; expected: string } {
  const text = ({ folder }: { folder: string }) =>
    existsSync(join(folder, path))
      ? readFileSync(join(folder, path), 'utf8').replaceAll(
          /("?(?:created|generated)"?: )"?[-0-9T:.]+(Z|[-+]\d\d:\d\d)"?/g,
          '$1TIME',
        )
      : 'none'
  return { actual: text(ours), expected: text(theirs) }
}

const v1 = 'apiVersion: v1\nname: old\nversion: 1.0.0\nengine: gotpl\n'
const shop = (version: string, more = '') => `apiVersion: v2\nname: shop\nversion: ${version}\n${more}`

let registry: RegistryProcess

beforeAll(async () => {
  if (!helm4) return
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  registry = await startRegistryProcess(join(root, 'registry'))
  await pack('charts', shop('1.2.0'))
  await pack('charts', shop('1.10.0', 'description: "a: b # c"\nkeywords: [b, a]\nannotations: {z: "1", a: "yes"}\n'))
  await pack('charts', shop('2.0.0-rc.1', 'kubeVersion: ">=1.20"\nappVersion: "1.0"\ndeprecated: true\n'))
  await pack('charts', v1)
  await pack(
    'charts/more',
    `${shop('0.1.0')}maintainers: [{name: A, email: a@b}]\nsources: [https://x/y]\nhome: https://x\n`,
  )
  await pack('charts/more/deep', shop('9.0.0'))
  await pack('next', shop('1.10.0', 'description: other\n'))
  await pack('next', shop('3.0.0', 'type: application\nicon: https://x/i.png\n'))
})

afterAll(async () => {
  await registry?.kill()
  rmSync(root, { recursive: true, force: true })
})

describe.runIf(helm4)('helm repo index beside Helm 4', () => {
  it.each([
    ['a folder', 'repo index charts', 'charts/index.yaml'],
    ['an address', 'repo index charts --url https://example.com/charts', 'charts/index.yaml'],
    ['an address with a slash', 'repo index charts --url https://example.com/charts/', 'charts/index.yaml'],
    ['an address with a query', 'repo index charts --url https://example.com/charts?a=b', 'charts/index.yaml'],
    ['an address that is a path', 'repo index charts --url sub/dir', 'charts/index.yaml'],
    ['JSON', 'repo index charts --json', 'charts/index.yaml'],
    ['an index before', 'repo index next --merge charts/index.yaml --url https://next', 'next/index.yaml'],
    ['JSON of both', 'repo index next --merge charts/index.yaml --json', 'next/index.yaml'],
    ['itself', 'repo index next --merge next/index.yaml', 'next/index.yaml'],
    ['an index that is not there yet', 'repo index next --merge new/index.yaml', 'next/index.yaml'],
    ['an index that is not there yet', 'repo index next --merge fresh.yaml', 'fresh.yaml'],
    ['an index that is broken', 'repo index next --merge broken.yaml', 'next/index.yaml'],
    ['an index that is empty', 'repo index next --merge empty.yaml', 'next/index.yaml'],
    ['a folder that is empty', 'repo index bare', 'bare/index.yaml'],
    ['a folder that is not there', 'repo index none', 'none/index.yaml'],
    ['a file', 'repo index broken.yaml', 'broken.yaml'],
    ['a broken archive', 'repo index spoilt', 'spoilt/index.yaml'],
  ])('writes the same for %s', async (_, line, file) => {
    write('broken.yaml', 'a: b: c\n')
    write('empty.yaml', '')
    write('spoilt/x-1.0.0.tgz', 'no archive')
    for (const folder of folders) mkdirSync(join(folder, 'bare'), { recursive: true })

    const [actual, expected] = [await ours(...line.split(' ')), await theirs(...line.split(' '))]

    expect(actual).toEqual(expected)
    const files = made(file)
    expect(files.actual).toBe(files.expected)
  })
})

describe.runIf(helm4 && helm3)('dependencies in a registry', () => {
  const parent = (dependencies: string) =>
    `apiVersion: v2\nname: parent\nversion: 0.1.0\ndependencies:\n${dependencies.replaceAll('REGISTRY', new URL(registry.url).host)}`
  const everyKind = `- {name: shop, version: ~1.2.0, repository: "oci://REGISTRY/charts"}
- {name: shop, version: ">=1.3 <2 || 9 - 10", repository: "oci://REGISTRY/charts", alias: newer}
- {name: old, version: 1.0.0, repository: "oci://REGISTRY/charts", condition: old.enabled, tags: [a, b]}
- {name: near, version: "*", repository: "file://../near", import-values: [data, {child: a.b, parent: c}]}
`

  beforeAll(async () => {
    const { host } = new URL(registry.url)
    const [user = '', password = ''] = Buffer.from(registry.authorization.slice(6), 'base64').toString().split(':')
    write('near/Chart.yaml', 'apiVersion: v2\nname: near\nversion: 0.3.0\n')
    for (const helm of [theirs, older, ours]) {
      // Helm 3 speaks HTTP to a host of this machine by itself where it pulls.
      const plain = helm === older ? '--insecure' : '--plain-http'
      await helm('registry', 'login', host, plain, '-u', user, '-p', password)
    }
    for (const archive of ['shop-1.2.0', 'shop-1.10.0', 'shop-2.0.0-rc.1', 'old-1.0.0']) {
      const pushed = await theirs('push', `charts/${archive}.tgz`, `oci://${host}/charts`, '--plain-http')
      expect(pushed).toMatchObject({ status: 0 })
    }
  })

  /** Chart.lock without its time, and the names and bytes in charts/. */
  function resultOf({ folder }: { folder: string }): unknown {
    const chart = join(folder, 'parent')
    const lock = existsSync(join(chart, 'Chart.lock')) ? readFileSync(join(chart, 'Chart.lock'), 'utf8') : 'none'
    const charts = existsSync(join(chart, 'charts')) ? readdirSync(join(chart, 'charts')).sort() : []
    const pulled = charts.filter((name) => !name.startsWith('near'))
    return {
      lock: lock.replace(/generated: .*/, ''),
      charts,
      bytes: pulled.map((name) => readFileSync(join(chart, 'charts', name), 'base64')),
    }
  }

  it.each([
    ['one version', '- {name: shop, version: 1.2.0, repository: "oci://REGISTRY/charts"}\n'],
    ['a range', '- {name: shop, version: ^1, repository: "oci://REGISTRY/charts"}\n'],
    ['every kind', everyKind],
    ['no version that fits', '- {name: shop, version: ^5, repository: "oci://REGISTRY/charts"}\n'],
    ['no such chart', '- {name: none, version: ^1, repository: "oci://REGISTRY/charts"}\n'],
    ['no such version', '- {name: shop, version: 1.2.9, repository: "oci://REGISTRY/charts"}\n'],
  ])('are fetched and locked as Helm 4 does: %s', async (_, dependencies) => {
    for (const folder of folders) rmSync(join(folder, 'parent'), { recursive: true, force: true })
    write('parent/Chart.yaml', parent(dependencies))
    for (const command of ['update', 'build', 'list']) {
      const args = ['dependency', command, 'parent', ...(command === 'list' ? [] : ['--plain-http'])]
      const [actual, expected] = [await ours(...args), await theirs(...args)]
      expect({ command, ...actual }).toEqual({ command, ...expected })
      expect({ command, ...(resultOf(ours) as object) }).toEqual({ command, ...(resultOf(theirs) as object) })
    }
  })

  it('have a lock file that Helm 3, Helm 4 and ours take from each other', async () => {
    for (const folder of folders) rmSync(join(folder, 'parent'), { recursive: true, force: true })
    write('parent/Chart.yaml', parent(everyKind))
    const digests = new Map<string, string>()
    for (const writer of [ours, theirs, older]) {
      rmSync(join(writer.folder, 'parent/Chart.lock'), { force: true })
      const updated = await writer('dependency', 'update', 'parent', '--plain-http')
      expect(updated, writer.folder).toMatchObject({ status: 0 })
      const lock = readFileSync(join(writer.folder, 'parent/Chart.lock'), 'utf8')
      digests.set(writer.folder, /digest: (.*)/.exec(lock)?.[1] ?? '')
      for (const reader of [ours, theirs, older]) {
        writeFileSync(join(reader.folder, 'parent/Chart.lock'), lock)
        rmSync(join(reader.folder, 'parent/charts'), { recursive: true, force: true })
        const built = await reader('dependency', 'build', 'parent', '--plain-http')
        expect(built, `${reader.folder} after ${writer.folder}`).toMatchObject({ status: 0 })
      }
    }
    expect(new Set(digests.values()).size).toBe(1)
  })

  it('make a build fail where the lock file is of other dependencies', async () => {
    for (const folder of folders) rmSync(join(folder, 'parent'), { recursive: true, force: true })
    write('parent/Chart.yaml', parent('- {name: shop, version: 1.2.0, repository: "oci://REGISTRY/charts"}\n'))
    await ours('dependency', 'update', 'parent', '--plain-http')
    await theirs('dependency', 'update', 'parent', '--plain-http')
    write('parent/Chart.yaml', parent('- {name: shop, version: 1.10.0, repository: "oci://REGISTRY/charts"}\n'))

    const args = ['dependency', 'build', 'parent', '--plain-http']
    const [actual, expected] = [await ours(...args), await theirs(...args)]

    expect(expected.stderr).toContain('out of sync')
    expect(actual).toEqual(expected)
  })
})
