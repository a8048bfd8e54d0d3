import { type Capabilities, capabilitiesWithoutCluster, defaultCapabilities } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { hostAddresses } from './host-names.ts'
import { clusterObjects } from './lookups.ts'
import type { RenderedRelease, Rendering, RenderTask } from './rendering.ts'
import { renderInRounds } from './rounds.ts'
import type { SchemaDocuments } from './schema-documents.ts'

/** What is rendered. */
export interface RenderRequest<R extends RenderedRelease> extends Omit<RenderTask, 'capabilities'> {
  /** Of the chart. */
  rendering: Rendering<R>
  /** @default what the cluster offers */
  capabilities?: Capabilities
  signal?: AbortSignal
}

/** Milliseconds for which what the cluster offers is taken as known. */
const CAPABILITIES_TTL = 10_000

/** Renders charts against what the cluster has: its version, its kinds, and the objects that `lookup` asks for. */
export class ReleaseRenderer {
  readonly #client: KubeClient
  readonly #schemas: SchemaDocuments
  #capabilities: { value: Promise<Capabilities>; until: number } | undefined

  /** `schemas` are those that charts refer to. */
  constructor(client: KubeClient, schemas: SchemaDocuments) {
    this.#client = client
    this.#schemas = schemas
  }

  async render<R extends RenderedRelease>({ rendering, signal, ...request }: RenderRequest<R>): Promise<R> {
    const { helmVersion } = capabilitiesWithoutCluster(request.compat ?? 'helm4')
    const capabilities = request.capabilities ?? { ...(await this.#readCapabilities()), helmVersion }
    const objects = clusterObjects(this.#client)
    const hosts = hostAddresses()
    const { answers, schemas } = this.#schemas.forRendering()
    const world = { objects, documents: answers, hosts, ...(schemas.ignore && { ignoreUrn: schemas.ignore }) }
    return renderInRounds([answers, objects, hosts], (isComplete) =>
      rendering({ ...request, capabilities }, world, { isComplete, signal }),
    )
  }

  #readCapabilities(): Promise<Capabilities> {
    const now = performance.now()
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
