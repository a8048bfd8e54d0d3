import {
  type Capabilities,
  type Chart,
  type Compat,
  capabilitiesWithoutCluster,
  crdText,
  defaultCapabilities,
  type Platform,
  type Release,
  type RenderedChart,
  type RenderOptions,
  releaseOf,
  renderChart,
  type Values,
} from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { hostAddresses } from './host-names.ts'
import { Lookups } from './lookups.ts'
import { renderInRounds } from './rounds.ts'
import { SchemaDocuments } from './schema-documents.ts'

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
  /** Whether templates may ask for addresses of hosts. @default false */
  enableDns?: boolean
  /** Whose behaviour. @default 'helm4' */
  compat?: Compat
  /** @default what the cluster offers */
  capabilities?: Capabilities
  /** Whether templates find the cluster's objects. @default true */
  lookup?: boolean
  /** Changes the rendered files; called once, when all is known that templates ask for. */
  postRender?: RenderOptions['postRender']
}

/** A release that is not deployed yet, and the chart's CRDs, which Helm installs before it and never upgrades. */
export interface RenderedRelease {
  release: Release
  crds: string
  /** What both were made from. */
  chart: RenderedChart
}

/** Milliseconds for which what the cluster offers is taken as known. */
const CAPABILITIES_TTL = 10_000

/** Renders charts against what the cluster has: its version, its kinds, and the objects that `lookup` asks for. */
export class ReleaseRenderer {
  readonly #client: KubeClient
  readonly #platform: Platform
  readonly #schemas: SchemaDocuments
  #capabilities: { value: Promise<Capabilities>; until: number } | undefined

  /** `schemas` are those that charts refer to. */
  constructor(client: KubeClient, platform: Platform, schemas = new SchemaDocuments(() => platform.now())) {
    this.#client = client
    this.#platform = platform
    this.#schemas = schemas
  }

  async render(request: RenderRequest): Promise<RenderedRelease> {
    const { chart, values, name, namespace, revision, isUpgrade } = request
    const { skipSchemaValidation = false, subchartNotes = false, enableDns = false, postRender } = request
    const { compat = 'helm4', lookup = true } = request
    const { helmVersion } = capabilitiesWithoutCluster(compat)
    const capabilities = request.capabilities ?? { ...(await this.#readCapabilities()), helmVersion }
    const lookups = new Lookups(this.#client)
    const documents = this.#schemas.forRendering()
    const hosts = hostAddresses()
    const rendered = await renderInRounds([documents.answers, lookups.answers, hosts], (isComplete) =>
      renderChart(chart, {
        values,
        release: { name, namespace, revision, isUpgrade },
        platform: this.#platform,
        capabilities,
        compat,
        skipSchemaValidation,
        schemas: documents.schemas,
        subchartNotes,
        ...(lookup && { lookup: lookups.lookup }),
        ...(enableDns && { addressesOf: (host) => hosts.find(host) }),
        postRender: (files) => (postRender && isComplete() ? postRender(files) : files),
      }),
    )
    return this.#released(rendered, request)
  }

  #released(rendered: RenderedChart, request: RenderRequest): RenderedRelease {
    const { name, namespace, revision, values, firstDeployed } = request
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
    const crds = rendered.crds.map(crdText).join('')
    return { release: { ...release, apply_method: 'ssa' }, crds, chart: rendered }
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
