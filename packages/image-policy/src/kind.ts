import type { KubeObject } from '@slipway/kube-objects'

export const CLUSTER_IMAGE_POLICY = { apiVersion: 'policy.sigstore.dev/v1beta1', kind: 'ClusterImagePolicy' }

const open = { 'x-kubernetes-preserve-unknown-fields': true }

/**
 * Sigstore's own kind (policy-controller, config/300-clusterimagepolicy.yaml). Its fields are kept whether they are known here or
 * not: a rule that the API had dropped could not be refused by name.
 */
export const crds: KubeObject[] = [
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'clusterimagepolicies.policy.sigstore.dev' },
    spec: {
      group: 'policy.sigstore.dev',
      scope: 'Cluster',
      names: {
        kind: 'ClusterImagePolicy',
        listKind: 'ClusterImagePolicyList',
        plural: 'clusterimagepolicies',
        singular: 'clusterimagepolicy',
        shortNames: ['cip'],
      },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'Which signatures the images that it covers must have.',
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: {
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
                },
                status: { type: 'object', ...open },
              },
            },
          },
        },
      ],
    },
  },
]
