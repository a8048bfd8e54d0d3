import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSshKey } from '@slipway/git-host'
import { KubeClient, type ObjectRef, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { SYSTEM_NAMESPACE, sshKeySecret, tokenSecret } from '../access/access-objects.ts'
import { createToken } from '../access/token.ts'
import type { Instance } from '../data-folder.ts'
import { DataFolder } from '../data-folder.ts'
import { GITOPS_NAMESPACE, readIdentity } from '../server/gitops-identity.ts'
import { installObjects } from '../server/install-objects.ts'
import { addDeployKey, type Repository, repositoryObject, waitForRepository } from '../server/repositories.ts'
import { hostedHistory } from '../trace/hosted-history.ts'
import type { LastChange } from '../trace/trace.ts'
import { waitFor, waitForObject } from './wait.ts'
import { sshEnvironment, tokenEnvironment, WorkingCopy } from './working-copy.ts'

/** The article's address of the Manifests repository; the host alias table leads it to this machine. */
export const MANIFESTS_URL = 'git@ssh.dev.azure.com:v3/cpn/Provisioning/Manifests'

const HELM_RELEASE = { apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease', namespace: 'default' }
const PIPELINE_RUN = { apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun', namespace: SYSTEM_NAMESPACE }

/** A developer and a DevOps team at work on one running server: every step that the story has, each ending when its effect is there. */
export class Story {
  readonly client: KubeClient
  readonly instance: Instance
  readonly folder: string
  readonly examples: string
  readonly adminHeaders: Record<string, string>
  readonly history: LastChange
  readonly #reach: 'local-address' | 'cluster-ip'
  #developer: Record<string, string> = {}
  #developerSsh: Record<string, string> = {}
  #devops: Record<string, string> = {}
  manifests!: WorkingCopy

  /** `examples` is the folder with app-a, app-b and manifests; `reach` is how Services are reached from here. */
  constructor(
    data: string,
    instance: Instance,
    examples: string,
    reach: 'local-address' | 'cluster-ip' = 'local-address',
  ) {
    this.instance = instance
    this.#reach = reach
    this.client = new KubeClient(parseKubeconfig(new DataFolder(data).read('kubeconfig') ?? ''))
    this.folder = mkdtempSync(join(tmpdir(), 'slipway-story-'))
    this.examples = examples
    this.adminHeaders = new DataFolder(data).adminHeaders()
    this.history = hostedHistory(new DataFolder(data))
  }

  /** Tokens and an SSH key for the people, as an administrator hands them out. */
  async invitePeople(): Promise<void> {
    const developerToken = createToken()
    const devopsToken = createToken()
    const { privateKey, publicKey } = generateSshKey('developer')
    await Promise.all([
      this.client.create(tokenSecret('token-developer', developerToken, { name: 'developer', role: 'developer' })),
      this.client.create(tokenSecret('token-devops', devopsToken, { name: 'devops', role: 'developer' })),
      this.client.create(sshKeySecret('ssh-key-developer', publicKey, { name: 'developer', role: 'developer' })),
    ])
    const keyFile = join(this.folder, 'id_ed25519')
    const knownHosts = join(this.folder, 'known_hosts')
    writeFileSync(keyFile, privateKey, { mode: 0o600 })
    writeFileSync(knownHosts, await this.#knownHosts())
    this.#developer = tokenEnvironment(this.instance.http, 'developer', developerToken)
    this.#developerSsh = sshEnvironment(keyFile, knownHosts)
    this.#devops = tokenEnvironment(this.instance.http, 'devops', devopsToken)
  }

  async createRepository(name: string): Promise<Repository> {
    await this.client.create(repositoryObject(name, { namespace: SYSTEM_NAMESPACE, defaultBranch: 'master' }))
    return waitForRepository(this.client, name)
  }

  /** The GitOps identity may read Manifests, and the cluster follows it over SSH, by the article's address. */
  async connectManifests(): Promise<string> {
    const repository = await this.createRepository('Manifests')
    const { publicKey } = await readIdentity(this.client)
    await addDeployKey(this.client, 'Manifests', { name: 'slipway', publicKey, access: 'read' })
    for (const object of installObjects({
      name: 'manifests',
      gitUrl: MANIFESTS_URL,
      gitBranch: 'master',
      gitPath: './',
      gitPollInterval: '5m',
    })) {
      await this.client.apply(object, { fieldManager: 'slipway' })
    }
    this.manifests = new WorkingCopy(join(this.folder, 'Manifests'), 'devops', this.#devops)
    await this.manifests.init(repository.status.httpUrl)
    return publicKey
  }

  /** The pull secret that the article's releases name, made from a token that may only read. */
  async createPullSecret(): Promise<void> {
    const token = createToken()
    await this.client.create(tokenSecret('token-cluster', token, { name: 'cluster', role: 'reader' }))
    const auth = Buffer.from(`cluster:${token}`).toString('base64')
    const config = { auths: { 'acrgitopsdev.azurecr.io': { username: 'cluster', password: token, auth } } }
    await this.client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/dockerconfigjson',
      metadata: { name: 'acr-gitdevops', namespace: 'default' },
      data: { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') },
    })
  }

  /** The next run gets this number. */
  async setNextBuildId(id: number): Promise<void> {
    await this.client.apply(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'build-counter', namespace: SYSTEM_NAMESPACE },
        data: { next: String(id) },
      },
      { fieldManager: 'slipway' },
    )
  }

  /** A clone of an application's repository with the example in it, not pushed yet. */
  async startApplication(repository: Repository, example: string, transport: 'http' | 'ssh'): Promise<WorkingCopy> {
    const environment = transport === 'http' ? this.#developer : this.#developerSsh
    const copy = new WorkingCopy(join(this.folder, repository.spec.repositoryName), 'developer', environment)
    await copy.init(transport === 'http' ? repository.status.httpUrl : repository.status.sshUrl)
    copy.copy(join(this.examples, example))
    return copy
  }

  /** The same clone, pushing over SSH with the developer's key from now on. */
  async switchToSsh(copy: WorkingCopy, repository: Repository): Promise<WorkingCopy> {
    const other = new WorkingCopy(copy.folder, 'developer', this.#developerSsh)
    await other.git('remote', 'set-url', 'origin', repository.status.sshUrl)
    return other
  }

  /** A run, once it has ended. */
  async finishedRun(name: string, timeout = 120_000): Promise<KubeObject> {
    return waitForObject(
      this.client,
      { ...PIPELINE_RUN, name },
      ({ status }) => ['Succeeded', 'Failed', 'Canceled'].includes(status?.phase),
      { timeout },
    )
  }

  /** A release, once this chart version is what it has. */
  async releaseAt(name: string, revision: string, timeout = 60_000): Promise<KubeObject> {
    return waitForObject(
      this.client,
      { ...HELM_RELEASE, name },
      ({ status }) => status?.revision === revision && status?.phase === 'Succeeded',
      { timeout },
    )
  }

  /** A release, once it is in this phase. */
  async releaseIn(name: string, phase: string): Promise<KubeObject> {
    return waitForObject(this.client, { ...HELM_RELEASE, name }, ({ status }) => status?.phase === phase)
  }

  /** An object, once it exists and is as wanted. */
  async exists(ref: ObjectRef, wanted: (object: KubeObject) => boolean = () => true): Promise<KubeObject> {
    return waitForObject(this.client, ref, wanted)
  }

  /** An example file of the Manifests repository, byte for byte. */
  example(file: string): string {
    return readFileSync(join(this.examples, 'manifests', file), 'utf8')
  }

  /** The address under which a Service answers here, once it has one. */
  async address(service: string, namespace = 'default'): Promise<string> {
    const addressOf = ({ spec, status }: KubeObject): string | undefined =>
      this.#reach === 'cluster-ip'
        ? `${spec.clusterIP}:${spec.ports[0].port}`
        : status?.conditions?.find((c: KubeObject) => c.type === 'slipway.dev/LocalAddress')?.message.split(',')[0]
    const ref = { apiVersion: 'v1', kind: 'Service', namespace, name: service }
    const object = await waitForObject(this.client, ref, (object) => addressOf(object) !== undefined)
    return `http://${addressOf(object)}`
  }

  /** Resolves when the service answers with this version, and its old pods are gone. */
  async answersWith(service: string, version: string, timeout = 60_000): Promise<{ url: string; at: number }> {
    const url = `${await this.address(service)}/version`
    const deadline = Date.now() + timeout
    // Each time anew, as the next user comes: until a Service's address leads to its pods, a network's gateway may take what is sent
    // there, and a connection that is kept would stay with it.
    const headers = { connection: 'close' }
    let last = ''
    while (Date.now() < deadline) {
      last = await fetch(url, { headers, signal: AbortSignal.timeout(2000) })
        .then((response) => response.text())
        .catch((error: unknown) => String(error))
      if (last.includes(`"version":"${version}"`)) return { url, at: Date.now() }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`${url} does not answer with version ${version}: ${last}`)
  }

  /** Resolves when objects that match a query are gone. */
  async gone(apiVersion: string, kind: string, name: string, namespace = 'default'): Promise<void> {
    await waitFor(
      this.client,
      { apiVersion, kind, namespace, fieldSelector: `metadata.name=${name}` },
      (objects) => objects.length === 0,
      { what: `the end of ${kind}/${name}` },
    )
  }

  /** The Kustomization of the Manifests repository once it has seen a commit, whatever came of it. */
  async manifestsAttempted(commit: string): Promise<KubeObject> {
    return waitForObject(
      this.client,
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        namespace: GITOPS_NAMESPACE,
        name: 'manifests',
      },
      ({ status }) =>
        String(status?.lastAttemptedRevision).endsWith(commit) &&
        status?.conditions?.some(
          (c: { type: string; status: string; observedGeneration?: number }) =>
            c.type === 'Ready' && c.status !== 'Unknown',
        ),
    )
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  async #knownHosts(): Promise<string> {
    const secret = await this.client.get<KubeObject>({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: GITOPS_NAMESPACE,
      name: 'flux-git-deploy',
    })
    return Buffer.from(secret?.data.known_hosts ?? '', 'base64').toString('utf8')
  }
}
