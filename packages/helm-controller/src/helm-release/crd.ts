import { ageColumn, customResourceDefinition, type KubeObject } from '@slipway/kube-objects'

const string = { type: 'string' }
const boolean = { type: 'boolean' }
const integer = { type: 'integer', format: 'int64' }
const freeForm = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const keyRef = {
  type: 'object',
  required: ['name'],
  properties: { name: string, namespace: string, key: string, optional: boolean },
}

const spec = {
  type: 'object',
  required: ['chart'],
  properties: {
    chart: {
      type: 'object',
      properties: {
        repository: string,
        name: string,
        version: string,
        chartPullSecret: { type: 'object', properties: { name: string } },
        git: string,
        path: string,
        ref: string,
        secretRef: { type: 'object', required: ['name'], properties: { name: string, namespace: string } },
        skipDepUpdate: boolean,
      },
    },
    helmVersion: { type: 'string', enum: ['v2', 'v3'] },
    releaseName: string,
    targetNamespace: string,
    timeout: integer,
    wait: boolean,
    maxHistory: integer,
    resetValues: boolean,
    forceUpgrade: boolean,
    skipCRDs: boolean,
    disableOpenAPIValidation: boolean,
    rollback: {
      type: 'object',
      properties: {
        enable: boolean,
        retry: boolean,
        maxRetries: integer,
        force: boolean,
        recreate: boolean,
        disableHooks: boolean,
        timeout: integer,
        wait: boolean,
      },
    },
    test: {
      type: 'object',
      properties: { enable: boolean, ignoreFailures: boolean, timeout: integer, cleanup: boolean },
    },
    valuesFrom: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          configMapKeyRef: keyRef,
          secretKeyRef: keyRef,
          externalSourceRef: { type: 'object', required: ['url'], properties: { url: string, optional: boolean } },
          chartFileRef: { type: 'object', required: ['path'], properties: { path: string, optional: boolean } },
        },
      },
    },
    valueFileSecrets: { type: 'array', items: { type: 'object', required: ['name'], properties: { name: string } } },
    values: freeForm,
  },
}

const status = {
  type: 'object',
  properties: {
    observedGeneration: integer,
    phase: string,
    releaseName: string,
    releaseStatus: string,
    revision: string,
    lastAttemptedRevision: string,
    rollbackCount: integer,
    conditions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'status'],
        properties: {
          type: string,
          status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
          reason: string,
          message: string,
          lastUpdateTime: { type: 'string', format: 'date-time' },
          lastTransitionTime: { type: 'string', format: 'date-time' },
        },
      },
    },
  },
}

/** `helm.fluxcd.io/v1` HelmRelease with the Helm Operator's names and columns. */
export const helmReleaseCrd: KubeObject = customResourceDefinition({
  group: 'helm.fluxcd.io',
  version: 'v1',
  kind: 'HelmRelease',
  plural: 'helmreleases',
  shortNames: ['hr', 'hrs'],
  description: 'A chart that is installed and kept as its values say.',
  spec,
  status,
  columns: [
    { name: 'Release', jsonPath: '.status.releaseName' },
    { name: 'Phase', jsonPath: '.status.phase' },
    { name: 'ReleaseStatus', jsonPath: '.status.releaseStatus' },
    { name: 'Message', jsonPath: '.status.conditions[?(@.type=="Released")].message' },
    ageColumn,
  ],
})
