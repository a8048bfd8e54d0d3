import { messageOf } from '@slipway/errors'
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
import { sameError } from './same-error.ts'

/** What we keep about a release beside Helm's own record, as annotations of its Secret. */
export interface ReleaseNotes {
  chartDigest: string
  antecedent: string
}

export interface StoredRelease {
  release: Release
  /** Absent on revisions that someone else's helm wrote. */
  notes?: ReleaseNotes
  /** Of its Secret: Helm's own and those that people chose. */
  labels?: Record<string, string>
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
    const revisions = await this.#read(`name=${name},owner=helm`, namespace).catch(
      saying('query: failed to query with labels'),
    )
    return revisions.sort((a, b) => a.release.version - b.release.version)
  }

  /** Every revision of every release, of one namespace or of all, in no order. */
  all(namespace?: string): Promise<StoredRelease[]> {
    return this.#read('owner=helm', namespace).catch(saying('list: failed to list'))
  }

  async create(stored: StoredRelease): Promise<void> {
    await this.#client
      .create(this.#secretOf(stored), { fieldManager: 'helm' })
      .catch(saying('create: failed to create'))
  }

  /** Writes a revision that is stored already. */
  async update(stored: StoredRelease): Promise<void> {
    const { release } = stored
    const secret = this.#secretOf(stored)
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

  async #read(labelSelector: string, namespace: string | undefined): Promise<StoredRelease[]> {
    const query = { apiVersion: 'v1', kind: 'Secret', labelSelector, ...(namespace && { namespace }) }
    const { items } = await this.#client.list<KubeObject>(query)
    return items.map(({ metadata, data }) => {
      const { [DIGEST]: chartDigest, [ANTECEDENT]: antecedent } = metadata.annotations ?? {}
      const release = decodeRelease(Buffer.from(data.release, 'base64').toString('latin1'), this.#platform)
      const labels = metadata.labels ?? {}
      return { release, labels, ...(chartDigest && antecedent && { notes: { chartDigest, antecedent } }) }
    })
  }

  #secretOf({ release, notes, labels }: StoredRelease): KubeObject {
    const now = this.#platform.now()
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      type: releaseSecretType,
      metadata: {
        name: releaseSecretName(release.name, release.version),
        namespace: release.namespace,
        labels: { ...labels, ...releaseSecretLabels(release, now) },
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

/** What Helm was at when the cluster refused. */
const saying =
  (what: string) =>
  (error: unknown): never => {
    throw sameError(error, `${what}: ${messageOf(error)}`)
  }
