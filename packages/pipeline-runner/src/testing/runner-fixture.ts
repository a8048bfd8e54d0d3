import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GitRemote } from '@slipway/git-client/testing'
import { HttpServer } from '@slipway/http-server'
import { InformerSet, type KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import { PipelineRunner, type PipelineRunnerOptions } from '../pipeline-runner.ts'
import { API_VERSION, type PipelineRun } from '../run/model.ts'
import { createTools } from './walk-through.ts'

const NAMESPACE = 'slipway-system'
const KINDS = [
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  { apiVersion: 'v1', kind: 'Event', plural: 'events' },
  { apiVersion: API_VERSION, kind: 'Repository', plural: 'repositories' },
  { apiVersion: API_VERSION, kind: 'PipelineRun', plural: 'pipelineruns' },
  { apiVersion: API_VERSION, kind: 'PipelineRetention', plural: 'pipelineretentions' },
  { apiVersion: API_VERSION, kind: 'ServiceConnection', plural: 'serviceconnections' },
]

/** A runner between a Kubernetes API in memory, a real git repository over HTTP and stand-ins for the tools. */
export class RunnerFixture {
  readonly folder: string
  readonly git: GitRemote
  readonly client: KubeClient
  readonly #api: MemoryApiServer
  #stopRunner: () => Promise<void> = () => Promise.resolve()
  #url = ''

  private constructor(folder: string, git: GitRemote, api: MemoryApiServer, client: KubeClient) {
    this.folder = folder
    this.git = git
    this.#api = api
    this.client = client
  }

  static async start(): Promise<RunnerFixture> {
    const folder = await mkdtemp(join(tmpdir(), 'runner-'))
    const api = new MemoryApiServer(KINDS)
    const fixture = new RunnerFixture(folder, await GitRemote.start(), api, await api.start())
    createTools(join(folder, 'tools'))
    await fixture.client.create({
      apiVersion: API_VERSION,
      kind: 'Repository',
      metadata: { name: 'appa', namespace: NAMESPACE },
      spec: { repositoryName: 'AppA' },
    })
    return fixture
  }

  /** Starts a runner as a new start of the program would. */
  async startRunner(options: Partial<PipelineRunnerOptions> = {}): Promise<void> {
    const informers = new InformerSet(this.client)
    const runner = new PipelineRunner(
      {
        client: this.client,
        informers,
        authenticator: {
          authenticate: (credentials) =>
            Promise.resolve(
              credentials.kind === 'bearer' && credentials.token === 't' ? { name: 'dev', role: 'reader' } : undefined,
            ),
        },
      },
      {
        runsDir: join(this.folder, 'runs'),
        toolsPath: join(this.folder, 'tools'),
        gitCloneUrl: () => this.git.httpUrl,
        credentials: () => ({ username: 'ada', password: 'secret' }),
        connections: () => ({ kind: 'embedded', registries: {}, username: 'runner', password: 'registry-secret' }),
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: this.folder },
        ...options,
      },
    )
    const server = new HttpServer({ routes: runner.routes })
    await Promise.all([server.start(0), runner.start()])
    this.#url = `http://127.0.0.1:${server.address().port}`
    this.#stopRunner = async () => {
      this.#stopRunner = () => Promise.resolve()
      await runner.stop()
      await informers.stop()
      await server.stop()
    }
  }

  stopRunner(): Promise<void> {
    return this.#stopRunner()
  }

  async stop(): Promise<void> {
    await this.#stopRunner()
    await this.client.close()
    await Promise.all([this.#api.stop(), this.git.stop()])
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Commits a pipeline and tells of it as the git host does. */
  async push(
    pipeline: string,
    { message = 'change', files = {} }: { message?: string; files?: Record<string, string> } = {},
  ): Promise<string> {
    const commit = await this.git.commit({ 'azure-pipelines.yml': pipeline, ...files }, message)
    const refs = [{ name: 'refs/heads/master', commit, pushedAt: new Date().toISOString(), pushedBy: 'dev' }]
    const ref = { apiVersion: API_VERSION, kind: 'Repository', namespace: NAMESPACE, name: 'appa' }
    await this.client.patch(ref, 'merge', { status: { refs } }, { subresource: 'status' })
    return commit
  }

  ref(name: string): { apiVersion: string; kind: string; namespace: string; name: string } {
    return { apiVersion: API_VERSION, kind: 'PipelineRun', namespace: NAMESPACE, name }
  }

  async runs(): Promise<PipelineRun[]> {
    const query = { apiVersion: API_VERSION, kind: 'PipelineRun', namespace: NAMESPACE }
    return (await this.client.list<PipelineRun>(query)).items
  }

  /** Resolves to a run as soon as it looks as wanted. */
  async until(name: string, wanted: (run: PipelineRun) => boolean): Promise<PipelineRun> {
    const query = { apiVersion: API_VERSION, kind: 'PipelineRun', namespace: NAMESPACE, resourceVersion: '0' }
    for await (const { object } of this.client.watch<PipelineRun>(query, AbortSignal.timeout(5_000))) {
      if (object.metadata.name === name && wanted(object)) return object
    }
    throw new Error(`${name} never came to be as wanted`)
  }

  /** The run's result. */
  finished(name: string): Promise<PipelineRun> {
    return this.until(name, ({ status }) => status?.finishTime !== undefined && status.phase !== 'Running')
  }

  log(name: string, query = '', token = 't'): Promise<Response> {
    return fetch(`${this.#url}/runs/${name}/log${query}`, { headers: { authorization: `Bearer ${token}` } })
  }
}
