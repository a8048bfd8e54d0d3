import { ageColumn, customResourceDefinition, type KubeObject } from '@slipway/kube-objects'
import { retentionKind } from './retention/kind.ts'

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

const ours = { group: 'slipway.dev', version: 'v1alpha1', categories: ['slipway'] }

/** The kinds that this package owns. */
export const crds: KubeObject[] = [
  customResourceDefinition({
    ...ours,
    kind: 'PipelineRun',
    plural: 'pipelineruns',
    shortNames: ['prun'],
    description: 'One run of a pipeline, for one commit.',
    spec: runSpec,
    status: runStatus,
    columns: [
      { name: 'Repository', jsonPath: '.spec.repository' },
      { name: 'Build', type: 'integer', jsonPath: '.spec.buildId' },
      { name: 'Phase', jsonPath: '.status.phase' },
      { name: 'Commit', jsonPath: '.spec.commit' },
      { name: 'Started', type: 'date', jsonPath: '.status.startTime' },
      ageColumn,
    ],
  }),
  customResourceDefinition({
    ...ours,
    kind: 'ServiceConnection',
    plural: 'serviceconnections',
    shortNames: ['svcconn'],
    description: 'An account of another service that pipelines use under a name.',
    spec: connectionSpec,
    columns: [{ name: 'Type', jsonPath: '.spec.type' }, { name: 'Tenant', jsonPath: '.spec.tenantId' }, ageColumn],
  }),
  retentionKind,
]
