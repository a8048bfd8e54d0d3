import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chartArchive, startRegistry, type TestRegistry } from '@slipway/registry/testing'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { runAz } from './az-command.ts'

const dir = mkdtempSync(join(tmpdir(), 'az-'))
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
  expect(gone.status).toBe(1)
})

it.each([
  [['acr', 'repository', 'show', '-n', 'acrgitopsdev'], 1, 'Usage error: --image IMAGE | --repository REPOSITORY'],
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
