import {
  ageColumn,
  type Condition,
  conditionsSchema,
  customResourceDefinition,
  type KubeObject,
  readyColumn,
} from '@slipway/kube-objects'
import type { StoredArtifact } from './artifact-store.ts'

export interface Artifact extends StoredArtifact {
  url: string
  /** `<branch or tag>@sha1:<commit>`. */
  revision: string
  lastUpdateTime: string
}

/** A git repository elsewhere whose tree at a commit is made available as an artifact. */
export interface GitRepository extends KubeObject {
  spec: {
    url: string
    interval: string
    timeout?: string
    ref?: { branch?: string; tag?: string; semver?: string; name?: string; commit?: string }
    secretRef?: { name: string }
    ignore?: string
    suspend?: boolean
  }
  status?: {
    artifact?: Artifact
    conditions?: Condition[]
    observedGeneration?: number
    observedIgnore?: string
    lastHandledReconcileAt?: string
  }
}

const duration = { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$' }
const text = (description: string): object => ({ type: 'string', description })
const localReference = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' } },
}

const spec = {
  type: 'object',
  required: ['interval', 'url'],
  properties: {
    url: { ...text('https://, http://, ssh:// or user@host:path.'), minLength: 1 },
    interval: { ...duration, description: 'How often to look for changes that no push told of.' },
    timeout: { ...duration, description: 'For one fetch.', default: '60s' },
    ref: {
      type: 'object',
      description: 'What to check out; commit, name, semver, tag, branch count in this order. Default: branch master.',
      properties: {
        branch: { type: 'string' },
        tag: { type: 'string' },
        semver: text('The highest tag in this range.'),
        name: text('A full ref name, such as refs/heads/main.'),
        commit: text('A whole commit id.'),
      },
    },
    secretRef: {
      ...localReference,
      description: 'A Secret with identity and known_hosts, username and password, or bearerToken.',
    },
    ignore: text('Rules as in .sourceignore, instead of the default exclusions.'),
    suspend: { type: 'boolean', description: 'Stop looking for changes.' },
    provider: { type: 'string', enum: ['generic', 'azure', 'github'] },
    proxySecretRef: localReference,
    recurseSubmodules: { type: 'boolean' },
    sparseCheckout: { type: 'array', items: { type: 'string' } },
    include: { type: 'array', items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    verify: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    serviceAccountName: { type: 'string' },
  },
}

const status = {
  type: 'object',
  properties: {
    artifact: {
      type: 'object',
      required: ['digest', 'lastUpdateTime', 'path', 'revision', 'url'],
      properties: {
        digest: { type: 'string', pattern: '^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$' },
        lastUpdateTime: { type: 'string', format: 'date-time' },
        path: { type: 'string' },
        revision: { type: 'string' },
        size: { type: 'integer', format: 'int64' },
        url: { type: 'string' },
        metadata: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    conditions: conditionsSchema,
    observedGeneration: { type: 'integer', format: 'int64' },
    observedIgnore: { type: 'string' },
    lastHandledReconcileAt: { type: 'string' },
  },
}

/** The CustomResourceDefinition of GitRepository. */
export const crds: KubeObject[] = [
  customResourceDefinition({
    group: 'source.toolkit.fluxcd.io',
    version: 'v1',
    kind: 'GitRepository',
    plural: 'gitrepositories',
    shortNames: ['gitrepo'],
    description: 'A git repository whose tree at a commit is made available as an artifact.',
    spec,
    hasOptionalSpec: true,
    status,
    columns: [
      { name: 'URL', jsonPath: '.spec.url' },
      ageColumn,
      readyColumn,
      { name: 'Status', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
    ],
  }),
]
