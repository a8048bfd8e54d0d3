import {
  ageColumn,
  type Condition,
  conditionsSchema,
  customResourceDefinition,
  type KubeObject,
  readyColumn,
} from '@slipway/kube-objects'
import type { DeployKey } from './git-host.ts'

/** A git repository of this host. */
export interface Repository extends KubeObject {
  apiVersion: 'slipway.dev/v1alpha1'
  kind: 'Repository'
  spec: {
    repositoryName: string
    defaultBranch?: string
    description?: string
    deployKeys?: DeployKey[]
    protectedBranches?: string[]
  }
  status?: {
    refs?: RepositoryRef[]
    httpUrl?: string
    sshUrl?: string
    conditions?: Condition[]
    observedGeneration?: number
  }
}

export interface RepositoryRef {
  name: string
  commit: string
  /** RFC 3339 with milliseconds. */
  pushedAt: string
  pushedBy: string
}

const text = (description: string): object => ({ type: 'string', description })

const spec = {
  type: 'object',
  required: ['repositoryName'],
  properties: {
    repositoryName: {
      ...text('The name in URLs, such as AppA. Its case is kept and does not matter.'),
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
      maxLength: 100,
    },
    defaultBranch: { ...text('The branch that a clone checks out.'), default: 'master' },
    description: text('What the repository is for.'),
    deployKeys: {
      type: 'array',
      description: 'SSH keys that open this repository only.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name', 'publicKey', 'access'],
        properties: {
          name: text('Under this name the key pushes.'),
          publicKey: text('One line as in authorized_keys: type, base64, comment.'),
          access: { type: 'string', enum: ['read', 'write'] },
        },
      },
    },
    protectedBranches: {
      type: 'array',
      description: 'Branches that can be neither deleted nor force-pushed; * stands for any characters but a slash.',
      items: { type: 'string' },
    },
  },
}

const status = {
  type: 'object',
  properties: {
    refs: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name', 'commit'],
        properties: {
          name: { type: 'string' },
          commit: { type: 'string' },
          pushedAt: { type: 'string', format: 'date-time' },
          pushedBy: { type: 'string' },
        },
      },
    },
    httpUrl: { type: 'string' },
    sshUrl: { type: 'string' },
    observedGeneration: { type: 'integer', format: 'int64' },
    conditions: conditionsSchema,
  },
}

/** The CustomResourceDefinition of Repository. */
export const crds: KubeObject[] = [
  customResourceDefinition({
    group: 'slipway.dev',
    version: 'v1alpha1',
    kind: 'Repository',
    plural: 'repositories',
    shortNames: ['repo'],
    categories: ['slipway'],
    description: 'A git repository of this host.',
    spec,
    status,
    columns: [
      { name: 'Repository', jsonPath: '.spec.repositoryName' },
      readyColumn,
      { name: 'URL', jsonPath: '.status.httpUrl' },
      ageColumn,
    ],
  }),
]
