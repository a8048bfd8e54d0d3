import {
  ageColumn,
  type Condition,
  conditionsSchema,
  customResourceDefinition,
  type KubeObject,
  readyColumn,
} from '@slipway/kube-objects'

/** An applied object, so that it can be pruned later. */
export interface InventoryEntry {
  /** Flux's form: `<namespace>_<name>_<group>_<kind>`. */
  id: string
  /** Version of the API. */
  v: string
  /** The file of the source with the object. */
  file: string
  /** The kustomization that brought it in; absent for plain files. */
  unit?: string
}

/** One input that could not be applied. */
export interface Failure {
  file: string
  line?: number
  object?: string
  reason: string
}

/** Files of a source that the cluster shall match. */
export interface Kustomization extends KubeObject {
  spec: {
    interval: string
    retryInterval?: string
    path?: string
    prune: boolean
    sourceRef: { apiVersion?: string; kind: string; name: string; namespace?: string }
    targetNamespace?: string
    suspend?: boolean
    [field: string]: unknown
  }
  status?: {
    conditions?: Condition[]
    observedGeneration?: number
    lastAppliedRevision?: string
    lastAppliedTime?: string
    lastAttemptedRevision?: string
    lastHandledReconcileAt?: string
    inventory?: { entries: InventoryEntry[] }
    failures?: Failure[]
  }
}

export const KUSTOMIZATION = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' }
export const GROUP = 'kustomize.toolkit.fluxcd.io'

/** Fields of Flux's kind that would change what is applied: ignoring them silently would be worse than refusing. */
export const UNSUPPORTED_FIELDS = [
  'commonMetadata',
  'components',
  'decryption',
  'dependsOn',
  'healthCheckExprs',
  'healthChecks',
  'images',
  'kubeConfig',
  'namePrefix',
  'nameSuffix',
  'patches',
  'postBuild',
  'serviceAccountName',
] as const

const duration = { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$' }
const text = (description: string): object => ({ type: 'string', description })
const open = { 'x-kubernetes-preserve-unknown-fields': true }

const spec = {
  type: 'object',
  required: ['interval', 'prune', 'sourceRef'],
  properties: {
    interval: { ...duration, description: 'How often to compare everything anew; pushes and edits are seen at once.' },
    retryInterval: { ...duration, description: 'When to try again after a failure. Default: interval.' },
    timeout: duration,
    path: text('Folder of the source. Default: its root.'),
    prune: { type: 'boolean', description: 'Delete what is no longer in the source.' },
    sourceRef: {
      type: 'object',
      required: ['kind', 'name'],
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string', enum: ['GitRepository'] },
        name: { type: 'string' },
        namespace: { type: 'string' },
      },
    },
    targetNamespace: {
      ...text('Where objects go that name no namespace. Default: default.'),
      minLength: 1,
      maxLength: 63,
    },
    suspend: { type: 'boolean', description: 'Stop applying.' },
    force: { type: 'boolean' },
    wait: { type: 'boolean' },
    deletionPolicy: { type: 'string', enum: ['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'] },
    ...Object.fromEntries(UNSUPPORTED_FIELDS.map((field) => [field, open])),
  },
}

const status = {
  type: 'object',
  properties: {
    conditions: conditionsSchema,
    observedGeneration: { type: 'integer', format: 'int64' },
    lastAppliedRevision: { type: 'string' },
    lastAppliedTime: { type: 'string', format: 'date-time' },
    lastAttemptedRevision: { type: 'string' },
    lastHandledReconcileAt: { type: 'string' },
    inventory: {
      type: 'object',
      required: ['entries'],
      properties: {
        entries: {
          type: 'array',
          items: {
            type: 'object',
            required: ['id', 'v'],
            properties: {
              id: { type: 'string' },
              v: { type: 'string' },
              file: { type: 'string' },
              unit: { type: 'string' },
            },
          },
        },
      },
    },
    failures: {
      type: 'array',
      items: {
        type: 'object',
        required: ['file', 'reason'],
        properties: {
          file: { type: 'string' },
          line: { type: 'integer' },
          object: { type: 'string' },
          reason: { type: 'string' },
        },
      },
    },
  },
}

/** The CustomResourceDefinition of Kustomization. */
export const crds: KubeObject[] = [
  customResourceDefinition({
    group: GROUP,
    version: 'v1',
    kind: 'Kustomization',
    plural: 'kustomizations',
    shortNames: ['ks'],
    description: 'A folder of an artifact that the cluster is made to match.',
    spec,
    hasOptionalSpec: true,
    status,
    columns: [ageColumn, readyColumn, { name: 'Status', jsonPath: '.status.conditions[?(@.type=="Ready")].message' }],
  }),
]
