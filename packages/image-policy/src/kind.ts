import { ageColumn, customResourceDefinition, type KubeObject, readyColumn } from '@slipway/kube-objects'

export const CLUSTER_IMAGE_POLICY = { apiVersion: 'policy.sigstore.dev/v1beta1', kind: 'ClusterImagePolicy' }

const open = { 'x-kubernetes-preserve-unknown-fields': true }

const spec = {
  type: 'object',
  ...open,
  required: ['images', 'authorities'],
  properties: {
    mode: { type: 'string', enum: ['enforce', 'warn'], default: 'enforce' },
    images: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', required: ['glob'], properties: { glob: { type: 'string' } } },
    },
    authorities: { type: 'array', minItems: 1, items: { type: 'object', ...open } },
  },
}

/**
 * Sigstore's own kind (policy-controller, config/300-clusterimagepolicy.yaml). Its fields are kept whether they are known here or
 * not: a rule that the API had dropped could not be refused by name.
 */
export const crds: KubeObject[] = [
  customResourceDefinition({
    group: 'policy.sigstore.dev',
    version: 'v1beta1',
    kind: 'ClusterImagePolicy',
    plural: 'clusterimagepolicies',
    scope: 'Cluster',
    shortNames: ['cip'],
    description: 'Which signatures the images that it covers must have.',
    spec,
    hasOptionalSpec: true,
    status: { type: 'object', ...open },
    columns: [readyColumn, ageColumn],
  }),
]
