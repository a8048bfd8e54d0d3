import {
  ageColumn,
  conditionsSchema,
  customResourceDefinition,
  type KubeObject,
  type PrinterColumn,
  readyColumn,
} from '@slipway/kube-objects'
import { WEBHOOK_ACTIONS } from './settings.ts'

type Schema = Record<string, unknown>

export const GROUP_VERSION = 'slipway.dev/v1alpha1'

/** What a scope map of Azure Container Registry may allow. */
export const SCOPE_ACTIONS: Record<string, string> = {
  'content/read': 'pull',
  'content/write': 'push',
  'content/delete': 'delete',
  'metadata/read': 'metadata_read',
  'metadata/write': 'metadata_write',
}

const text = (description: string): Schema => ({ type: 'string', description })
const flag = (description: string, value: boolean): Schema => ({ type: 'boolean', description, default: value })
const list = (description: string, items: Schema): Schema => ({ type: 'array', description, items, minItems: 1 })
const patterns = (description: string): Schema => list(description, { type: 'string', minLength: 1 })
const duration = (description: string): Schema => ({
  ...text(`${description}, such as 30m, 12h or 30d.`),
  pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$',
})
const secretRef = (description: string): Schema => ({
  type: 'object',
  description,
  required: ['name'],
  properties: { name: text('Name of the Secret.') },
})

const policySpec: Schema = {
  type: 'object',
  required: ['repositories'],
  properties: {
    repositories: patterns('The repositories that it is for: * stands for anything but a slash, ** for anything.'),
    anonymousPull: flag('Whoever shows no credentials may pull from them.', false),
    immutableTags: patterns('Tags that stay with what was pushed under them first, such as v*.'),
    quota: {
      description: 'What each of them may hold, such as 20Gi.',
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
    },
    retention: {
      type: 'object',
      description: 'Which tags are kept: those that any of the reasons holds for. Without a reason no tag goes.',
      properties: {
        tags: patterns('The tags that it is about; without it all.'),
        keepNewest: { type: 'integer', minimum: 0, description: 'So many of the newest.' },
        keepYoungerThan: duration('Those pushed less than this ago'),
        keepDeployed: {
          type: 'boolean',
          description: 'Those that the cluster runs. Without it: where a cluster is known.',
        },
        untaggedAfter: duration('When manifests without a tag go, counted from their push'),
      },
    },
  },
}

const cacheSpec: Schema = {
  type: 'object',
  required: ['upstream'],
  properties: {
    upstream: text('Host name or base URL of the registry, such as docker.io or http://10.0.0.7:5000.'),
    secretRef: secretRef('A Secret with username and password, or of type kubernetes.io/dockerconfigjson.'),
    freshness: { ...duration('How long a tag is taken to be what it was'), default: '10m' },
  },
}

const webhookSpec: Schema = {
  type: 'object',
  required: ['serviceUri', 'actions'],
  properties: {
    serviceUri: { ...text('Where events are posted to.'), pattern: '^https?://' },
    actions: list('What it is told of.', { type: 'string', enum: WEBHOOK_ACTIONS }),
    scope: {
      ...text('repository, repository:tag or repository:*; a * may end the name. Empty: everything.'),
      default: '',
    },
    customHeaders: {
      type: 'object',
      description: 'Sent with each event.',
      additionalProperties: { type: 'string' },
    },
    headersSecretRef: secretRef('A Secret whose keys are names of headers that nobody else must see.'),
    enabled: flag('Whether it is told.', true),
  },
}

const tokenSpec: Schema = {
  type: 'object',
  required: ['permissions', 'passwords'],
  properties: {
    permissions: list('What it is good for.', {
      type: 'object',
      required: ['repositories', 'actions'],
      properties: {
        repositories: patterns('The repositories: * stands for anything but a slash, ** for anything.'),
        actions: list('What may be done to them.', { type: 'string', enum: Object.keys(SCOPE_ACTIONS) }),
      },
    }),
    passwords: list('Any of them will do, so that one can be replaced while the other is in use.', {
      type: 'object',
      required: ['secretRef'],
      properties: {
        secretRef: {
          type: 'object',
          description: 'The Secret that holds it.',
          required: ['name'],
          properties: { name: text('Name of the Secret.'), key: { ...text('Key in it.'), default: 'password' } },
        },
        expiry: { type: 'string', format: 'date-time', description: 'When it ends.' },
      },
    }),
    enabled: flag('Whether it opens anything.', true),
  },
}

interface Kind {
  kind: string
  plural: string
  description: string
  spec: Schema
  column: PrinterColumn
}

const KINDS: Kind[] = [
  {
    kind: 'RegistryPolicy',
    plural: 'registrypolicies',
    description: "Rules for some of the registry's repositories.",
    spec: policySpec,
    column: { name: 'Repositories', jsonPath: '.spec.repositories' },
  },
  {
    kind: 'RegistryCache',
    plural: 'registrycaches',
    description: 'Another registry, whose content is fetched when it is asked for, as repositories NAME/….',
    spec: cacheSpec,
    column: { name: 'Upstream', jsonPath: '.spec.upstream' },
  },
  {
    kind: 'RegistryWebhook',
    plural: 'registrywebhooks',
    description: 'Who is told of pushes and deletions.',
    spec: webhookSpec,
    column: { name: 'URI', jsonPath: '.spec.serviceUri' },
  },
  {
    kind: 'RegistryToken',
    plural: 'registrytokens',
    description: 'Credentials for some repositories only; the user name is the name of the object.',
    spec: tokenSpec,
    column: { name: 'Enabled', jsonPath: '.spec.enabled' },
  },
]

/** The CustomResourceDefinitions of what a registry's owner wants of it. */
export const crds: KubeObject[] = KINDS.map(({ column, ...kind }) =>
  customResourceDefinition({
    ...kind,
    group: 'slipway.dev',
    version: 'v1alpha1',
    categories: ['slipway'],
    status: {
      type: 'object',
      properties: { observedGeneration: { type: 'integer', format: 'int64' }, conditions: conditionsSchema },
    },
    columns: [column, readyColumn, ageColumn],
  }),
)
