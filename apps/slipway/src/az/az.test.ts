import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { basic, chartArchive, sha256, startRegistry, type TestRegistry } from '@slipway/registry/testing'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { runAz } from './az-command.ts'

const dir = mkdtempSync(join(tmpdir(), 'az-'))
const NULL_GUID = '00000000-0000-0000-0000-000000000000'
let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(async () => {
  await registry.stop()
  await registry.remove()
  rmSync(dir, { recursive: true, force: true })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

function state(login: object = { username: 'admin', password: 'secret' }): void {
  const registries = { acrgitopsdev: { loginServer: 'acrgitopsdev.azurecr.io', url: registry.url } }
  writeFileSync(join(dir, 'slipway.json'), JSON.stringify({ registries, ...login }))
}

async function az(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  vi.stubEnv('AZURE_CONFIG_DIR', dir)
  vi.stubEnv('DOCKER_CONFIG', join(dir, 'docker'))
  const out: string[] = []
  const err: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0)
  const status = await runAz(args)
  vi.restoreAllMocks()
  return { status, out: out.join(''), err: err.join('') }
}

it('logs in to a registry where docker, podman and helm look, for this user alone', async () => {
  state()

  const { status, out } = await az('acr', 'login', '--name', 'acrgitopsdev')

  const file = join(dir, 'docker', 'config.json')
  const auth = Buffer.from('admin:secret').toString('base64')
  expect({ status, out }).toEqual({ status: 0, out: 'Login Succeeded\n' })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    auths: { 'acrgitopsdev.azurecr.io': { auth }, [registry.host]: { auth } },
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

it('pushes a chart, tells the agent of it in a run, and lists it', async () => {
  state()
  vi.stubEnv('SLIPWAY_RUN', '1')
  const file = join(dir, 'appawebapi-158.0.0.tgz')
  writeFileSync(file, await chartArchive('appawebapi', '158.0.0'))

  const pushed = await az('acr', 'helm', 'push', '-n', 'acrgitopsdev', file)
  writeFileSync(file, await chartArchive('appawebapi', '158.0.0', { 'values.yaml': 'other: 1\n' }))
  const other = await az('acr', 'helm', 'push', '-n', 'acrgitopsdev', file)
  const forced = await az('acr', 'helm', 'push', '-n', 'acrgitopsdev', '--force', file)
  const shown = await az(
    'acr',
    'helm',
    'show',
    'appawebapi',
    '-n',
    'acrgitopsdev',
    '--version',
    '158.0.0',
    '--query',
    'version',
    '-o',
    'tsv',
  )
  const tags = await az('acr', 'repository', 'show-tags', '-n', 'acrgitopsdev', '--repository', 'helm/appawebapi')

  expect(pushed.out).toMatch(
    /^\{\n {2}"saved": true\n\}\n##vso\[slipway\.artifact kind=chart;name=appawebapi;version=158\.0\.0;digest=sha256:[0-9a-f]{64}\]\n$/,
  )
  expect([other.status, other.err]).toEqual([1, expect.stringContaining('--force')])
  expect([forced.status, shown.out, JSON.parse(tags.out)]).toEqual([0, '158.0.0\n', ['158.0.0']])
})

it('shows, locks, unlocks, untags and deletes what is in a registry', async () => {
  state()
  const digest = await registry.client.pushImage('shop/web', '1')
  await registry.client.pushImage('shop/web', '2')
  const repository = (...args: string[]) => az('acr', 'repository', ...args, '-n', 'acrgitopsdev')
  const image = ['--image', 'shop/web:1']

  const shown = await repository('show', ...image)
  const locked = await repository('update', ...image, '--write-enabled', 'false')
  const refused = await repository('delete', ...image, '-y')
  await repository('update', ...image, '--write-enabled', 'true')
  const untagged = await repository('untag', ...image)
  const tags = await repository('show-tags', '--repository', 'shop/web', '--orderby', 'time_desc')
  const manifests = await repository('show-manifests', '--repository', 'shop/web', '--detail')
  const asked = await repository('delete', '--repository', 'shop/web')
  const deleted = await repository('delete', '--repository', 'shop/web', '--yes')
  const gone = await repository('show', '--repository', 'shop/web')

  expect(JSON.parse(shown.out)).toMatchObject({ name: '1', digest })
  expect(JSON.parse(locked.out)).toMatchObject({ changeableAttributes: { writeEnabled: false, readEnabled: true } })
  expect(refused.err).toContain('ERROR: the operation is disallowed on this registry, repository or image')
  expect([untagged.status, JSON.parse(tags.out)]).toEqual([0, ['2']])
  expect(JSON.parse(manifests.out)).toMatchObject([{ digest, tags: ['2'], architecture: 'amd64' }])
  expect([asked.status, asked.err]).toEqual([1, expect.stringContaining('Use --yes.')])
  expect(JSON.parse(deleted.out)).toEqual({ manifestsDeleted: [digest], tagsDeleted: ['2'] })
  expect(gone.status).toBe(3)
})

it.each([
  [['acr', 'repository', 'show', '-n', 'acrgitopsdev'], 1, 'Usage error: --image IMAGE | --repository REPOSITORY'],
  [
    ['acr', 'import', '-n', 'acrgitopsdev', '--source', 'x'],
    2,
    "'az acr import' is not supported here. Copy it with: ",
  ],
  [['acr', 'task', 'create', '--help'], 2, "'az acr task' is not supported here. A pipeline does"],
  [['acr', 'replication', 'list'], 2, "'az acr replication' is not supported here.\n"],
  [['acr', 'helm', 'delete', 'x', '-n', 'acrgitopsdev'], 1, 'Unable to prompt for confirmation as no tty available.'],
  [['acr', 'helm', 'push', '-n', 'acrgitopsdev', tmpdir()], 1, `Please run 'helm package ${tmpdir()}' to generate`],
  [['acr', 'manifest', 'show', '-r', 'acrgitopsdev', '-n', 'no/such:1'], 3, 'repository name not known to registry'],
  [['acr', 'manifest', 'show', 'justaname'], 1, 'You must provide either a fully qualified specifier'],
  [['acr', 'manifest', 'list-metadata', '-r', 'acrgitopsdev', '-n', 'a:1'], 1, "The positional parameter 'repo_id'"],
  [['acr', 'repository', 'list', '-n', 'other.example:5000'], 2, 'Please specify --username and --password'],
  [['acr', 'login', '-n', 'acrgitopsdev', '-t', '-u', 'x'], 1, '`--expose-token` cannot be combined'],
  [['acr', 'lgin'], 2, "'lgin' is misspelled or not recognized by the system."],
  [['acr', 'login'], 2, "required option '-n, --name <registry>' not specified"],
  [['acr', 'build', '--nonsense', '.'], 2, 'unrecognized arguments: --nonsense'],
  [['acr', 'build', '.'], 2, 'the following arguments are required: --registry/-r'],
  [['acr', 'show', '-n', 'other'], 1, "The resource with name 'other'"],
  [['acr', 'helm', 'push', '-n', 'acrgitopsdev', '/nowhere.tgz'], 1, "Unable to find file '/nowhere.tgz'."],
  [['acr', 'login', '-n', 'acrgitopsdev', '-u', 'admin', '-p', 'wrong'], 1, 'Unable to get access to registry'],
  [['acr', 'helm', 'list', '-n', 'acrgitopsdev', '-u', 'x', '-p', 'y'], 1, 'Authentication failed'],
])('ends %j with %i and says why', async (args, status, message) => {
  state()

  const result = await az(...(args as string[]))

  expect(result).toEqual({ status, out: '', err: expect.stringContaining(`ERROR: ${message}`) })
  expect(result.err).not.toContain('wrong')
})

it('shows, locks and deletes manifests, by the registry and by the whole address', async () => {
  state()
  const digest = await registry.client.pushImage('shop/job', '1')
  const about = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    artifactType: 'application/x.signature',
    subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 },
    manifests: [],
  })
  await registry.client.putManifest('shop/job', sha256(about), about)
  const manifest = (...args: string[]) => az('acr', 'manifest', ...args)
  const address = 'acrgitopsdev.azurecr.io/shop/job'
  const named = ['-r', 'acrgitopsdev', '-n', 'shop/job:1']

  const raw = await manifest('show', `${address}@${digest}`, '--raw')
  const listed = await manifest('list', address)
  const known = await manifest('list-metadata', '-r', 'acrgitopsdev', '-n', 'shop/job')
  const referrers = await manifest('list-referrers', ...named, '--recursive')
  const others = await manifest('list-referrers', `${address}:1`, '--artifact-type', 'application/x.other')
  const locked = await manifest('update-metadata', `${address}:1`, '--delete-enabled', 'false')
  const shown = await manifest('show-metadata', ...named)
  const unlocked = await manifest('update-metadata', ...named, '--delete-enabled', 'true')
  const asked = await manifest('delete', `${address}:1`)
  const deleted = await manifest('delete', `${address}:1`, '--yes')
  const gone = await manifest('show', ...named)

  expect(sha256(raw.out)).toBe(digest)
  expect(JSON.parse(listed.out)).toHaveLength(2)
  const digests = (JSON.parse(known.out) as { digest: string }[]).map((one) => one.digest)
  expect(digests.sort()).toEqual([digest, sha256(about)].sort())
  expect(JSON.parse(referrers.out)).toMatchObject({ manifests: [{ digest: sha256(about) }] })
  expect(JSON.parse(others.out)).toEqual({ manifests: [] })
  for (const answer of [locked, shown]) {
    expect(JSON.parse(answer.out)).toMatchObject({ name: '1', changeableAttributes: { deleteEnabled: false } })
  }
  expect([unlocked.status, asked.status, deleted.status, gone.status]).toEqual([0, 1, 0, 3])
})

it('gives a token in place of a login, which docker can log in with', async () => {
  state({ username: 'developer', password: 'token-developer' })

  const { status, out, err } = await az('acr', 'login', '-n', 'acrgitopsdev', '--expose-token')

  const { accessToken, loginServer } = JSON.parse(out) as Record<string, string>
  const asDocker = await registry.client.send('GET', '/v2/', { auth: basic(NULL_GUID, accessToken) })
  expect([status, loginServer, asDocker.status]).toEqual([0, 'acrgitopsdev.azurecr.io', 200])
  expect(err).toContain(`-u ${NULL_GUID}`)
})

it('talks to a registry that runs by itself, by its host', async () => {
  state()
  await registry.client.pushImage('alone/web', '1')
  const tagsAt = (name: string) =>
    az('acr', 'repository', 'show-tags', '-n', name, '-u', 'reader', '-p', 'secret', '--repository', 'alone/web')

  const tags = await tagsAt(registry.host)

  expect(await tagsAt(registry.url)).toEqual(tags)
  expect(tags).toEqual({ status: 0, out: '[\n  "1"\n]\n', err: '' })
})

it('has helm know the registry as a repository, without its password in the arguments', async () => {
  state()
  const seen = join(dir, 'helm-seen')
  writeFileSync(join(dir, 'helm'), `#!/bin/sh\necho "$@" > ${seen}\ncat >> ${seen}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${dir}:${process.env.PATH}`)

  const { status } = await az('acr', 'helm', 'repo', 'add', '-n', 'acrgitopsdev')

  const address = `repo add acrgitopsdev ${registry.url}/helm/v1/repo --username admin --password-stdin`
  expect([status, readFileSync(seen, 'utf8')]).toEqual([0, `${address}\nsecret`])
})

it('shows registries and charts in tables as azure-cli does', async () => {
  state()
  const words = 'x'.repeat(60)
  const chart = { 'Chart.yaml': `apiVersion: v2\nname: wordy\nversion: 1.0.0\ndescription: ${words}\n` }
  writeFileSync(join(dir, 'wordy-1.0.0.tgz'), await chartArchive('wordy', '1.0.0', chart))
  await az('acr', 'helm', 'push', '-n', 'acrgitopsdev', join(dir, 'wordy-1.0.0.tgz'))

  const registries = await az('acr', 'list', '-o', 'table')
  const charts = await az('acr', 'helm', 'show', 'wordy', '-n', 'acrgitopsdev', '-o', 'table')

  expect(registries.out).toMatch(/^NAME +LOGIN SERVER\n-+ +-+\nacrgitopsdev +acrgitopsdev\.azurecr\.io\n$/)
  expect(charts.out).toMatch(/^NAME +CHART VERSION +APP VERSION +DESCRIPTION\n-.*\nwordy +1\.0\.0 +x{57}\.\.\.\n$/)
})

it('keeps a login and defaults between calls', async () => {
  state({})

  const before = await az('account', 'show')
  await az('login', '--service-principal', '-u', 'admin', '-p', 'secret', '--tenant', 't')
  await az('account', 'set', '--subscription', 'dev')
  await az('configure', '--defaults', 'acr=acrgitopsdev')
  const account = await az('account', 'show', '-o', 'tsv', '--query', 'name')
  const listed = await az('acr', 'repository', 'list')
  await az('logout')
  const after = await az('account', 'show')

  expect([before.status, before.err]).toEqual([1, "ERROR: Please run 'az login' to setup account.\n"])
  expect([account.out, listed.status, after.status]).toEqual(['dev\n', 0, 1])
})

it.each([['version', '-o', 'json'], ['--version'], ['cloud', 'show', '-o', 'table']])('answers %s', async (...args) => {
  expect((await az(...args)).status).toBe(0)
})
