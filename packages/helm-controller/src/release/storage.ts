import {
  decodeRelease,
  encodeRelease,
  type Platform,
  type Release,
  releaseSecretLabels,
  releaseSecretName,
  releaseSecretType,
} from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** What we keep about a release beside Helm's own record, as annotations of its Secret. */
export interface ReleaseNotes {
  chartDigest: string
  antecedent: string
}

export interface StoredRelease {
  release: Release
  /** Absent on revisions that someone else's helm wrote. */
  notes?: ReleaseNotes
}

const DIGEST = 'slipway.dev/chart-digest'
const ANTECEDENT = 'helm.fluxcd.io/antecedent'
const DEPLOYED_AT = 'slipway.dev/deployed-at'

/** Helm's release history as Helm itself stores it: Secrets `sh.helm.release.v1.NAME.vREVISION` in the release's namespace. */
export class ReleaseStorage {
  readonly #client: KubeClient
  readonly #platform: Platform

  constructor(client: KubeClient, platform: Platform) {
    this.#client = client
    this.#platform = platform
  }

  /** Oldest first. */
  async history(name: string, namespace: string): Promise<StoredRelease[]> {
    const { items } = await this.#client.list<KubeObject>({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace,
      labelSelector: `name=${name},owner=helm`,
    })
    return items
      .map(({ metadata, data }) => {
        const { [DIGEST]: chartDigest, [ANTECEDENT]: antecedent } = metadata.annotations ?? {}
        const release = decodeRelease(Buffer.from(data.release, 'base64').toString('latin1'), this.#platform)
        return { release, ...(chartDigest && antecedent && { notes: { chartDigest, antecedent } }) }
      })
      .sort((a, b) => a.release.version - b.release.version)
  }

  async create({ release, notes }: StoredRelease): Promise<void> {
    await this.#client.create(this.#secretOf(release, notes), { fieldManager: 'helm' })
  }

  /** Writes a revision that is stored already. */
  async update({ release, notes }: StoredRelease): Promise<void> {
    const secret = this.#secretOf(release, notes)
    await this.#client.patch(
      { apiVersion: 'v1', kind: 'Secret', namespace: release.namespace, name: secret.metadata.name },
      'merge',
      { metadata: { labels: secret.metadata.labels, annotations: secret.metadata.annotations }, data: secret.data },
      { fieldManager: 'helm' },
    )
  }

  async delete({ name, namespace, version }: Release): Promise<void> {
    await this.#client.delete({ apiVersion: 'v1', kind: 'Secret', namespace, name: releaseSecretName(name, version) })
  }

  #secretOf(release: Release, notes: ReleaseNotes | undefined): KubeObject {
    const now = this.#platform.now()
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      type: releaseSecretType,
      metadata: {
        name: releaseSecretName(release.name, release.version),
        namespace: release.namespace,
        labels: releaseSecretLabels(release, now),
        annotations: {
          ...(notes && { [DIGEST]: notes.chartDigest, [ANTECEDENT]: notes.antecedent }),
          // Helm keeps when a revision was begun; this is when it was done.
          ...(release.info.status === 'deployed' && { [DEPLOYED_AT]: now.toISOString() }),
        },
      },
      data: { release: Buffer.from(encodeRelease(release, this.#platform), 'latin1').toString('base64') },
    }
  }
}
