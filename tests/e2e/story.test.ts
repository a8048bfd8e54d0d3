import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Informer } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as stopServer } from '../../apps/slipway/src/commands/down.ts'
import { DataFolder } from '../../apps/slipway/src/data-folder.ts'
import type { Repository } from '../../apps/slipway/src/server/repositories.ts'
import { type ServerProcess, startServerProcess } from '../../apps/slipway/src/story/server-process.ts'
import { sh } from '../../apps/slipway/src/story/shell.ts'
import { MANIFESTS_URL, Story } from '../../apps/slipway/src/story/story.ts'
import type { WorkingCopy } from '../../apps/slipway/src/story/working-copy.ts'
import { client, clientPath, hasContainerEngine } from './clients.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url))
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default' }

/** A cluster that the story is to run on in place of the embedded one, as `npm run story:kubernetes` gives it. */
const { STORY_KUBECONFIG, STORY_CONTEXT = '', STORY_HTTP_PORT = '0' } = process.env
const onCluster = STORY_KUBECONFIG ? ['--kubeconfig', STORY_KUBECONFIG, '--context', STORY_CONTEXT] : []

const data = mkdtempSync(join(tmpdir(), 'slipway-e2e-'))
const kubeconfig = join(data, 'kubeconfig')
const slipway = (...args: string[]): Promise<string> => sh(process.execPath, [PROGRAM, '--data', data, ...args])
const kubectl = client(clientPath('kubectl-1.34') ?? 'kubectl', kubeconfig)

let server: ServerProcess
let story: Story
let appA: Repository
let developer: WorkingCopy

beforeAll(async () => {
  const ports = ['--http-port', STORY_HTTP_PORT, '--ssh-port', '0', '--kube-port', '0']
  server = await startServerProcess(PROGRAM, data, [...ports, ...onCluster])
  story = new Story(data, server.instance, EXAMPLES, STORY_KUBECONFIG ? 'cluster-ip' : 'local-address')
})

afterAll(async () => {
  await story?.close()
  await stopServer({ data, purge: true })
  if (story) rmSync(story.folder, { recursive: true, force: true })
})

describe.skipIf(!hasContainerEngine)('from git push to running release', () => {
  it('starts every part and prints addresses and the administrator token', () => {
    expect(server.output()).toMatch(/Git, registry, logs {2}http:\/\/127\.0\.0\.1:\d+/)
    expect(server.output()).toMatch(/Git over SSH {9}ssh:\/\/git@127\.0\.0\.1:\d+/)
    expect(server.output()).toContain(kubeconfig)
    expect(server.output()).toMatch(/Administrator token {2}slw_[0-9a-f]{40}/)
  })

  it('refuses a second server on the same data folder', async () => {
    await expect(slipway('up')).rejects.toThrow(/slipway runs on .* already, as process \d+/)
  })

  it('shows an ed25519 identity and follows Manifests over SSH with it', async () => {
    await story.invitePeople()
    const publicKey = await story.connectManifests()

    expect(publicKey).toMatch(/^ssh-ed25519 /)
    expect((await slipway('identity')).trim()).toBe(publicKey)
    const source = await story.client.get({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      namespace: 'flux-system',
      name: 'manifests',
    })
    expect(source?.spec.url).toBe(MANIFESTS_URL)
  })

  it('builds image and chart 158 from a push over HTTP, with live logs', async () => {
    await story.createPullSecret()
    appA = await story.createRepository('AppA')
    await story.setNextBuildId(158)
    developer = await story.startApplication(appA, 'app-a', 'http')

    await developer.push('First version')
    const logs = await slipwayLogs('appa-158')
    const { status } = await story.finishedRun('appa-158')

    expect(status.phase, JSON.stringify(status)).toBe('Succeeded')
    expect(status.outputs.images).toMatchObject([{ name: 'appawebapi:158', digest: expect.stringMatching(/^sha256:/) }])
    expect(status.outputs.charts).toMatchObject([{ name: 'appawebapi', version: '158.0.0' }])
    expect(logs).toContain('Successfully packaged chart and saved it to:')
  })

  it('serves the chart in index.yaml and as an OCI artifact, the image to skopeo', async () => {
    const host = new URL(story.instance.http).host
    const token = new DataFolder(data).adminToken() ?? ''

    const index = await sh('curl', ['-sf', '-u', `admin:${token}`, `${story.instance.http}/helm/v1/repo/index.yaml`])
    expect(index).toContain('appawebapi-158.0.0.tgz')
    const inspect = (reference: string): Promise<string> =>
      sh('skopeo', ['inspect', '--tls-verify=false', '--creds', `admin:${token}`, `docker://${host}/${reference}`])
    expect(JSON.parse(await inspect('appawebapi:158')).Digest).toMatch(/^sha256:/)
    const chart = JSON.parse(
      await sh('skopeo', [
        'inspect',
        '--raw',
        '--tls-verify=false',
        '--creds',
        `admin:${token}`,
        `docker://${host}/helm/appawebapi:158.0.0`,
      ]),
    )
    expect(chart.config.mediaType).toBe('application/vnd.cncf.helm.config.v1+json')
    expect((await fetch(`${story.instance.http}/helm/v1/repo/index.yaml`)).status).toBe(401)
  })

  it("deploys the article's HelmRelease as a real container that answers with version 158", async () => {
    const phases = watchPhases('appa')
    story.manifests.write('appa.yaml', story.example('appa-158.yaml'))
    await story.manifests.push('appa 158')

    const release = await story.releaseAt('appa', '158.0.0')
    await story.answersWith('default-appa-appawebapi', '158')

    expect(release.status.releaseName).toBe('default-appa')
    // What a watch saw the real Helm Operator pass through.
    expect(await phases.until('Succeeded')).toEqual(['ChartFetched', 'Installing', 'Deployed', 'Succeeded'])
    const pods = await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].spec.imagePullSecrets[0].name}')
    expect(pods).toBe('acr-gitdevops')
  })

  it('is a release to real helm, and its objects are ordinary to real kubectl', async () => {
    for (const name of ['helm3', 'helm4'] as const) {
      const path = clientPath(name)
      if (!path) continue
      const helm = client(path, kubeconfig)
      expect(await helm('list')).toMatch(/default-appa\s+default\s+1\s+.*deployed\s+appawebapi-158\.0\.0\s+158/)
      expect(await helm('history', 'default-appa')).toContain('Install complete')
      expect(await helm('get', 'manifest', 'default-appa')).toContain('acrgitopsdev.azurecr.io/appawebapi:158')
    }
    expect(await kubectl('describe', 'deployment', 'default-appa-appawebapi')).toContain(
      'acrgitopsdev.azurecr.io/appawebapi:158',
    )
    expect(await kubectl('get', 'hr', 'appa')).toMatch(
      /appa\s+default-appa\s+Succeeded\s+deployed\s+Release was successful/,
    )
    expect(await kubectl('rollout', 'status', 'deployment/default-appa-appawebapi')).toContain(
      'successfully rolled out',
    )
  })

  it("pulls with the pod's own secret: a wrong one is refused", async () => {
    const registry = ['--docker-server=acrgitopsdev.azurecr.io', '--docker-username=x', '--docker-password=wrong']
    await kubectl('create', 'secret', 'docker-registry', 'wrong', ...registry)
    const overrides = JSON.stringify({ spec: { imagePullSecrets: [{ name: 'wrong' }] } })
    const image = '--image=acrgitopsdev.azurecr.io/appawebapi:158'
    // Whatever the node has already, a pull asks the registry.
    await kubectl('run', 'refused', image, '--image-pull-policy=Always', `--overrides=${overrides}`)

    const { status } = await story.exists(
      { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'refused' },
      (pod) => Boolean(pod.status?.containerStatuses?.[0]?.state?.waiting?.message?.includes('401')),
    )
    expect(status.containerStatuses[0].state.waiting.reason).toMatch(/ErrImagePull|ImagePullBackOff/)
    await kubectl('delete', 'pod', 'refused')
  })

  it('gives logs, exec and port-forward to real kubectl', async () => {
    const pod = (await kubectl('get', 'pods', '-o', 'name')).trim()
    for (const name of ['kubectl-1.32', 'kubectl-1.34'] as const) {
      const path = clientPath(name)
      if (!path) continue
      const run = client(path, kubeconfig)
      expect(await run('exec', pod, '--', 'node', '-e', 'console.log(process.env.APP_VERSION)')).toBe('158\n')
      await run('logs', pod)
      expect(await throughPortForward(path, 'service/default-appa-appawebapi', '/version')).toContain('"version":"158"')
    }
  })

  it('moves to 160 after a push over SSH: upgraded in place, the old pod gone', async () => {
    const [before] = (await kubectl('get', 'pods', '-o', 'name')).trim().split('\n')
    await story.setNextBuildId(160)
    const overSsh = await story.switchToSsh(developer, appA)
    overSsh.write('README.md', '# AppA, second version\n')
    await overSsh.push('Second version')
    expect((await story.finishedRun('appa-160')).status.phase).toBe('Succeeded')

    story.manifests.write('appa.yaml', story.example('appa-160.yaml'))
    await story.manifests.push('appa 160')
    await story.releaseAt('appa', '160.0.0')
    await story.answersWith('default-appa-appawebapi', '160')
    await story.gone('v1', 'Pod', String(before).replace('pod/', ''))

    expect(await kubectl('get', 'pods', '-o', 'name')).not.toContain(before)
  })

  it('adds appb 164', async () => {
    const appB = await story.createRepository('AppB')
    await story.setNextBuildId(164)
    await (await story.startApplication(appB, 'app-b', 'http')).push('First version')
    expect((await story.finishedRun('appb-164')).status.phase).toBe('Succeeded')

    story.manifests.write('appb.yaml', story.example('appb-164.yaml'))
    await story.manifests.push('appb 164')

    await story.releaseAt('appb', '164.0.0')
    await story.answersWith('default-appb-appbwebapi', '164')
  })

  it('puts a deleted Deployment back, and one that was edited with kubectl', async () => {
    const ref = { ...DEPLOYMENT, name: 'default-appa-appawebapi' }
    const before = await story.client.get(ref)
    await kubectl('delete', 'deployment', ref.name)
    await story.exists(ref, ({ metadata }) => metadata.uid !== before?.metadata.uid)

    await kubectl('set', 'image', `deployment/${ref.name}`, 'appawebapi=example.com/other:1')
    await story.exists(ref, ({ spec }) => spec.template.spec.containers[0].image.endsWith('appawebapi:160'))
    await kubectl('set', 'env', `deployment/${ref.name}`, 'ADDED=by-hand')
    await story.exists(ref, ({ spec }) => !JSON.stringify(spec).includes('by-hand'))
    await story.answersWith('default-appa-appawebapi', '160')
  })

  it('applies the good change of a push with faults, and reports each with file, line and reason', async () => {
    story.manifests.write('broken.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: broken\n   labels: {}\n')
    story.manifests.write('appa.yaml', story.example('appa-160.yaml').replace('160.0.0', '999.0.0'))
    story.manifests.write(
      'good.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\ndata:\n  is: applied\n',
    )
    const { commit } = await story.manifests.push('One good change, two faults')

    await story.exists({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'good' })
    const { status } = await story.manifestsAttempted(commit)
    const release = await story.releaseIn('appa', 'ChartFetchFailed')

    expect(JSON.stringify(status)).toMatch(/broken\.yaml:\d+/)
    const fault = release.status.conditions.find((c: { type: string }) => c.type === 'ChartFetched').message
    expect(fault).toMatch(/appa\.yaml:\d+/)
    expect(fault).toContain('999.0.0')
    await story.answersWith('default-appa-appawebapi', '160')
    await story.answersWith('default-appb-appbwebapi', '164')
  })

  it('leaves no stale failure once the faults are mended', async () => {
    story.manifests.remove('broken.yaml')
    story.manifests.write('appa.yaml', story.example('appa-160.yaml'))
    await story.manifests.push('Mend the faults')

    const { status } = await story.releaseAt('appa', '160.0.0')

    expect(status.conditions.every((c: { status: string }) => c.status === 'True')).toBe(true)
  })

  it('applies plain manifests and a kustomization, and prunes them', async () => {
    story.manifests.copy(join(EXAMPLES, 'manifests/plain'))
    await story.manifests.push('Plain manifests and a kustomization')
    await story.exists({ ...DEPLOYMENT, namespace: 'tools', name: 'forecast' })
    const web = await story.exists({ ...DEPLOYMENT, namespace: 'staging', name: 'web' })
    expect(web.spec.replicas).toBe(0)
    expect(web.spec.template.spec.containers[0].image).toBe('acrgitopsdev.azurecr.io/appawebapi:160')
    expect(web.spec.template.spec.containers[0].envFrom[0].configMapRef.name).toMatch(/^web-settings-[a-z0-9]{10}$/)

    story.manifests.remove('tools')
    story.manifests.remove('staging')
    await story.manifests.push('Remove them')

    await story.gone('apps/v1', 'Deployment', 'forecast', 'tools')
    await story.gone('apps/v1', 'Deployment', 'web', 'staging')
  })

  it('uninstalls a release whose file is removed', async () => {
    story.manifests.remove('appb.yaml')
    await story.manifests.push('Retire appb')

    await story.gone('helm.fluxcd.io/v1', 'HelmRelease', 'appb')
    await story.gone('apps/v1', 'Deployment', 'default-appb-appbwebapi')
    expect(await kubectl('get', 'secrets', '-l', 'owner=helm,name=default-appb')).toBe('')
  })

  it('tells the story afterwards', async () => {
    const trace = await slipway('trace', 'deploy/default-appa-appawebapi')
    for (const word of [
      'commit',
      'appa-160',
      'appawebapi:160',
      'sha256:',
      'appawebapi-160.0.0',
      'Manifests@',
      'default-appa',
      'ready',
    ]) {
      expect(trace).toContain(word)
    }
    const all = await slipway('get', 'all')
    for (const word of ['AppA', 'appb-164', 'manifests', 'default-appa', 'http://127.0.0.1:'])
      expect(all).toContain(word)
  })
})

/** The phases that a HelmRelease passes through from now on, each once. */
function watchPhases(name: string): { until: (phase: string) => Promise<string[]> } {
  const informer = new Informer<KubeObject>(story.client, {
    apiVersion: 'helm.fluxcd.io/v1',
    kind: 'HelmRelease',
    namespace: 'default',
  })
  const phases: string[] = []
  const reached = new Map<string, () => void>()
  informer.on(({ object }) => {
    const phase = object.metadata.name === name ? object.status?.phase : undefined
    if (!phase || phases.at(-1) === phase) return
    phases.push(phase)
    reached.get(phase)?.()
  })
  const started = informer.start()
  return {
    async until(phase) {
      await started
      if (!phases.includes(phase)) await new Promise<void>((resolve) => reached.set(phase, resolve))
      await informer.stop()
      return phases
    },
  }
}

/** What a path answers through `kubectl port-forward` on a port that it chooses. */
async function throughPortForward(path: string, target: string, url: string): Promise<string> {
  const forward = spawn(path, ['port-forward', target, ':80'], { env: { ...process.env, KUBECONFIG: kubeconfig } })
  try {
    let output = ''
    const port = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        output += chunk
        const found = /127\.0\.0\.1:(\d+) ->/.exec(output)?.[1]
        if (found) resolve(found)
      }
      forward.stdout.on('data', read)
      forward.stderr.on('data', read)
      forward.on('exit', () => reject(new Error(output)))
    })
    return await (await fetch(`http://127.0.0.1:${port}${url}`)).text()
  } finally {
    forward.kill()
  }
}

async function slipwayLogs(run: string): Promise<string> {
  await story.exists({
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'PipelineRun',
    namespace: 'slipway-system',
    name: run,
  })
  return slipway('runs', 'logs', '-f', run)
}
