import {
  type Capabilities,
  type Chart,
  crdText,
  defaultCapabilities,
  type Platform,
  type Release,
  type RenderOptions,
  releaseOf,
  renderChart,
  type Values,
} from '@slipway/helm-chart'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** What is rendered, and as which revision of which release. */
export interface RenderRequest {
  chart: Chart
  values: Values
  name: string
  namespace: string
  revision: number
  isUpgrade: boolean
  /** RFC 3339; absent on a first install. */
  firstDeployed: string | undefined
  /** @default false */
  skipSchemaValidation?: boolean
  /** Also the notes of subcharts. @default false */
  subchartNotes?: boolean
  /** Changes the rendered files; called once, when all objects are known that templates look up. */
  postRender?: RenderOptions['postRender']
}

/** A release that is not deployed yet, and the chart's CRDs, which Helm installs before it and never upgrades. */
export interface RenderedRelease {
  release: Release
  crds: string
}

/** Rounds in which templates may look up more objects; each round knows those of the rounds before. */
const LOOKUP_ROUNDS = 10
/** Milliseconds for which what the cluster offers is taken as known. */
const CAPABILITIES_TTL = 10_000

/** Renders charts against what the cluster has: its version, its kinds, and the objects that `lookup` asks for. */
export class ReleaseRenderer {
  readonly #client: KubeClient
  readonly #platform: Platform
  #capabilities: { value: Promise<Capabilities>; until: number } | undefined

  constructor(client: KubeClient, platform: Platform) {
    this.#client = client
    this.#platform = platform
  }

  async render(request: RenderRequest): Promise<RenderedRelease> {
    const { chart, values, name, namespace, revision, isUpgrade, firstDeployed } = request
    const { skipSchemaValidation = false, subchartNotes = false, postRender } = request
    const capabilities = await this.#readCapabilities()
    const found = new Map<string, unknown>()
    for (let round = 1; ; round++) {
      const missing = new Map<string, [string, string, string, string]>()
      const rendered = renderChart(chart, {
        values,
        release: { name, namespace, revision, isUpgrade },
        platform: this.#platform,
        capabilities,
        skipSchemaValidation,
        subchartNotes,
        lookup: (...query) => {
          const key = query.join('|')
          if (!found.has(key)) missing.set(key, query)
          return found.get(key)
        },
        postRender: (files) =>
          postRender && (missing.size === 0 || round === LOOKUP_ROUNDS) ? postRender(files) : files,
      })
      if (missing.size === 0 || round === LOOKUP_ROUNDS) {
        const now = this.#platform.now()
        const release = releaseOf(rendered, {
          name,
          namespace,
          revision,
          config: values,
          status: 'unknown',
          description: '',
          firstDeployed: firstDeployed ? new Date(firstDeployed) : now,
          lastDeployed: now,
        })
        return { release: { ...release, apply_method: 'ssa' }, crds: rendered.crds.map(crdText).join('') }
      }
      for (const [key, query] of missing) found.set(key, await this.#lookUp(query))
    }
  }

  /** As Helm's lookup: one object by name, a list without one, nothing when there is none. */
  async #lookUp([apiVersion, kind, namespace, name]: [string, string, string, string]): Promise<unknown> {
    try {
      if (name) return await this.#client.get<KubeObject>({ apiVersion, kind, name, ...(namespace && { namespace }) })
      const { items } = await this.#client.list<KubeObject>({ apiVersion, kind, ...(namespace && { namespace }) })
      return { apiVersion, kind: `${kind}List`, items }
    } catch (error) {
      if (isApiError(error, 'KUBE_NO_SUCH_KIND')) return undefined
      throw error
    }
  }

  #readCapabilities(): Promise<Capabilities> {
    const now = this.#platform.now().getTime()
    if (!this.#capabilities || this.#capabilities.until < now) {
      const value = this.#fetchCapabilities()
      value.catch(() => {
        this.#capabilities = undefined
      })
      this.#capabilities = { value, until: now + CAPABILITIES_TTL }
    }
    return this.#capabilities.value
  }

  async #fetchCapabilities(): Promise<Capabilities> {
    const [version, resources] = await Promise.all([this.#client.getText('/version'), this.#client.resources()])
    const apiVersions = new Set<string>()
    for (const { apiVersion, kind } of resources) apiVersions.add(apiVersion).add(`${apiVersion}/${kind}`)
    return {
      ...defaultCapabilities,
      kubeVersion: (JSON.parse(version) as { gitVersion: string }).gitVersion,
      apiVersions: [...apiVersions],
    }
  }
}
