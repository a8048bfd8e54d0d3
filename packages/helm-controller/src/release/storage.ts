import { messageOf } from '@slipway/errors'
import {
  decodeRelease,
  encodeRelease,
  type Platform,
  type Release,
  releaseRecordLabels,
  releaseRecordName,
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

/** What holds the records: Helm's drivers `secret` and `configmap`. */
export type RecordKind = 'Secret' | 'ConfigMap'

/**
 * Helm's release history as Helm itself stores it: Secrets, or ConfigMaps, `sh.helm.release.v1.NAME.vREVISION` in the release's
 * namespace. Records that can't be read are passed over, as Helm does.
 */
export class ReleaseStorage {
  readonly #client: KubeClient
  readonly #platform: Platform
  readonly #kind: RecordKind

  constructor(client: KubeClient, platform: Platform, kind: RecordKind = 'Secret') {
    this.#client = client
    this.#platform = platform
    this.#kind = kind
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
      .create(this.#recordOf(stored), { fieldManager: 'helm' })
      .catch(saying('create: failed to create'))
  }

  /** Writes a revision that is stored already. */
  async update(stored: StoredRelease): Promise<void> {
    const { release } = stored
    const { metadata, data } = this.#recordOf(stored)
    await this.#client.patch(
      { apiVersion: 'v1', kind: this.#kind, namespace: release.namespace, name: metadata.name },
      'merge',
      { metadata: { labels: metadata.labels, annotations: metadata.annotations }, data },
      { fieldManager: 'helm' },
    )
  }

  async delete({ name, namespace, version }: Release): Promise<void> {
    await this.#client.delete({ apiVersion: 'v1', kind: this.#kind, namespace, name: releaseRecordName(name, version) })
  }

  async #read(labelSelector: string, namespace: string | undefined): Promise<StoredRelease[]> {
    const query = { apiVersion: 'v1', kind: this.#kind, labelSelector, ...(namespace && { namespace }) }
    const { items } = await this.#client.list<KubeObject>(query)
    return items.flatMap((item) => this.#readRecord(item))
  }

  #readRecord({ metadata, data }: KubeObject): StoredRelease[] {
    const { [DIGEST]: chartDigest, [ANTECEDENT]: antecedent } = metadata.annotations ?? {}
    const notes = chartDigest && antecedent && { notes: { chartDigest, antecedent } }
    try {
      const text = this.#kind === 'Secret' ? Buffer.from(data.release, 'base64').toString('latin1') : data.release
      return [{ release: decodeRelease(text, this.#platform), labels: metadata.labels ?? {}, ...notes }]
    } catch {
      return []
    }
  }

  #recordOf({ release, notes, labels }: StoredRelease): KubeObject {
    const now = this.#platform.now()
    const text = encodeRelease(release, this.#platform)
    const isSecret = this.#kind === 'Secret'
    return {
      apiVersion: 'v1',
      kind: this.#kind,
      ...(isSecret && { type: releaseSecretType }),
      metadata: {
        name: releaseRecordName(release.name, release.version),
        namespace: release.namespace,
        labels: { ...labels, ...releaseRecordLabels(release, now) },
        annotations: {
          ...(notes && { [DIGEST]: notes.chartDigest, [ANTECEDENT]: notes.antecedent }),
          // Helm keeps when a revision was begun; this is when it was done.
          ...(release.info.status === 'deployed' && { [DEPLOYED_AT]: now.toISOString() }),
        },
      },
      data: { release: isSecret ? Buffer.from(text, 'latin1').toString('base64') : text },
    }
  }
}

/** What Helm was at when the cluster refused. */
const saying =
  (what: string) =>
  (error: unknown): never => {
    throw sameError(error, `${what}: ${messageOf(error)}`)
  }
