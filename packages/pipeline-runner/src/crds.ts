import type { KubeObject } from '@slipway/kube-objects'

type Schema = Record<string, unknown>

const text: Schema = { type: 'string' }
const integer: Schema = { type: 'integer' }
const flag: Schema = { type: 'boolean' }
const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
})
const list = (items: Schema): Schema => ({ type: 'array', items })
const oneOf = (...values: string[]): Schema => ({ type: 'string', enum: values })

const RESULTS = oneOf('Succeeded', 'SucceededWithIssues', 'Failed', 'Canceled', 'Skipped')

const runSpec = object(
  {
    repository: text,
    ref: text,
    commit: text,
    file: text,
    reason: oneOf('IndividualCI', 'Manual'),
    buildId: integer,
    requestedBy: text,
    parameters: { type: 'object', additionalProperties: text },
    cancelRequested: flag,
  },
  ['repository', 'ref', 'commit', 'file', 'buildId'],
)

const condition = object(
  { type: text, status: text, reason: text, message: text, lastTransitionTime: text, observedGeneration: integer },
  ['type', 'status'],
)

const runStatus = object({
  phase: oneOf('Queued', 'Running', 'Succeeded', 'Failed', 'Canceled'),
  attempt: integer,
  startTime: text,
  finishTime: text,
  observedGeneration: integer,
  steps: list(
    object({
      name: text,
      displayName: text,
      task: text,
      job: text,
      state: oneOf('Pending', 'Running', 'Completed'),
      result: RESULTS,
      startTime: text,
      finishTime: text,
      exitCode: integer,
    }),
  ),
  issues: list(object({ type: oneOf('error', 'warning'), message: text, file: text, line: integer, column: integer })),
  outputs: object({
    images: list(object({ name: text, digest: text, pushedAt: text })),
    charts: list(object({ name: text, version: text, digest: text, pushedAt: text })),
  }),
  conditions: list(condition),
})

const connectionSpec = object(
  {
    type: oneOf('azure'),
    environment: text,
    tenantId: text,
    servicePrincipalId: text,
    subscriptionId: text,
    secretRef: object({ name: text, key: text }, ['name']),
  },
  ['type', 'tenantId', 'servicePrincipalId', 'secretRef'],
)

const column = (name: string, jsonPath: string, type = 'string'): Schema => ({ name, type, jsonPath })

interface Kind {
  kind: string
  plural: string
  shortNames: string[]
  properties: Record<string, Schema>
  columns: Schema[]
  hasStatus: boolean
}

function crd({ kind, plural, shortNames, properties, columns, hasStatus }: Kind): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.slipway.dev` },
    spec: {
      group: 'slipway.dev',
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ['slipway'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: object({ apiVersion: text, kind: text, metadata: { type: 'object' }, ...properties }, [
              'spec',
            ]),
          },
          ...(hasStatus && { subresources: { status: {} } }),
          additionalPrinterColumns: [...columns, column('Age', '.metadata.creationTimestamp', 'date')],
        },
      ],
    },
  }
}

/** The kinds that this package owns. */
export const crds: KubeObject[] = [
  crd({
    kind: 'PipelineRun',
    plural: 'pipelineruns',
    shortNames: ['prun'],
    properties: { spec: runSpec, status: runStatus },
    hasStatus: true,
    columns: [
      column('Repository', '.spec.repository'),
      column('Build', '.spec.buildId', 'integer'),
      column('Phase', '.status.phase'),
      column('Commit', '.spec.commit'),
      column('Started', '.status.startTime', 'date'),
    ],
  }),
  crd({
    kind: 'ServiceConnection',
    plural: 'serviceconnections',
    shortNames: ['svcconn'],
    properties: { spec: connectionSpec },
    hasStatus: false,
    columns: [column('Type', '.spec.type'), column('Tenant', '.spec.tenantId')],
  }),
]
