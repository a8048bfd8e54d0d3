/** A chart inside of a manifest: what index.yaml says about it. */
export interface ChartRecord {
  /** Chart.yaml as JSON. */
  metadata: { name: string; version: string; [field: string]: unknown }
  /** Digest of the packaged chart. */
  layer: string
  /** Digest of the .prov file. */
  provenance?: string
}

/** What somebody allows to be done with a repository, a tag or a manifest (Azure Container Registry, "changeable attributes"). */
export interface Attributes {
  deleteEnabled: boolean
  writeEnabled: boolean
  listEnabled: boolean
  readEnabled: boolean
}

export interface ManifestRecord {
  digest: string
  mediaType: string
  size: number
  /** When it was pushed first, RFC 3339. */
  at: string
  /** Digests of its config and layers, or of the manifests that it lists. */
  references: string[]
  artifactType?: string
  /** Digest of the manifest that this one is about. */
  subject?: string
  annotations?: Record<string, string>
  chart?: ChartRecord
  /** @default all true */
  attributes?: Attributes
}

/** One step in the life of a repository. Steps are idempotent: to apply one twice changes nothing. */
export type MetadataChange =
  | { op: 'link-blob'; repository: string; digest: string; size: number; at: string }
  | { op: 'unlink-blob'; repository: string; digest: string }
  | { op: 'put-manifest'; repository: string; manifest: ManifestRecord }
  | { op: 'delete-manifest'; repository: string; digest: string }
  /** `at`, `createdAt`: RFC 3339; a tag that moves keeps the time of its first push. */
  | {
      op: 'tag'
      repository: string
      tag: string
      digest: string
      at: string
      createdAt?: string
      attributes?: Attributes
    }
  | { op: 'untag'; repository: string; tag: string }
  /** Of the repository, or of what the tag or digest names. */
  | { op: 'set-attributes'; repository: string; reference?: string; attributes: Attributes }
  | { op: 'delete-repository'; repository: string }

/** What a change can't do without; the rest of it may be of an earlier program. */
const NEEDED: Record<MetadataChange['op'], readonly string[]> = {
  'link-blob': ['repository', 'digest'],
  'unlink-blob': ['repository', 'digest'],
  'put-manifest': ['repository'],
  'delete-manifest': ['repository', 'digest'],
  tag: ['repository', 'tag', 'digest'],
  untag: ['repository', 'tag'],
  'set-attributes': ['repository'],
  'delete-repository': ['repository'],
}

/** Whether a line of the log says what lines say. */
export function isBatch(value: unknown): value is MetadataChange[] {
  return Array.isArray(value) && value.every(isChange)
}

function isChange(value: unknown): boolean {
  if (!isObject(value) || typeof value.op !== 'string' || !Object.hasOwn(NEEDED, value.op)) return false
  if (!hasTexts(value, NEEDED[value.op as MetadataChange['op']])) return false
  if (value.op === 'put-manifest') return isObject(value.manifest) && hasTexts(value.manifest, ['digest', 'mediaType'])
  return value.op !== 'set-attributes' || isObject(value.attributes)
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const hasTexts = (value: Record<string, unknown>, names: readonly string[]): boolean =>
  names.every((name) => typeof value[name] === 'string')
