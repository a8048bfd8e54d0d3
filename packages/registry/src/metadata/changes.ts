/** A chart inside of a manifest: what index.yaml says about it. */
export interface ChartRecord {
  /** Chart.yaml as JSON. */
  metadata: { name: string; version: string; [field: string]: unknown }
  /** Digest of the packaged chart. */
  layer: string
  /** Digest of the .prov file. */
  provenance?: string
}

export interface ManifestRecord {
  digest: string
  mediaType: string
  size: number
  artifactType?: string
  /** Digest of the manifest that this one is about. */
  subject?: string
  annotations?: Record<string, string>
  chart?: ChartRecord
}

/** One step in the life of a repository. Steps are idempotent: to apply one twice changes nothing. */
export type MetadataChange =
  | { op: 'link-blob'; repository: string; digest: string }
  | { op: 'unlink-blob'; repository: string; digest: string }
  | { op: 'put-manifest'; repository: string; manifest: ManifestRecord }
  | { op: 'delete-manifest'; repository: string; digest: string }
  /** `at`: RFC 3339. */
  | { op: 'tag'; repository: string; tag: string; digest: string; at: string }
  | { op: 'untag'; repository: string; tag: string }
