const text = { type: 'string' }
const integer = { type: 'integer' }

/** A definition that uses what a definition may use. */
export const definition = () => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.definitions.example.com' },
  spec: {
    group: 'definitions.example.com',
    scope: 'Namespaced',
    names: {
      plural: 'widgets',
      singular: 'widget',
      kind: 'Widget',
      listKind: 'WidgetList',
      shortNames: ['wd'],
      categories: ['all'],
    },
    conversion: {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1', 'v1beta1'],
        clientConfig: { service: { namespace: 'n', name: 's', path: '/convert', port: 443 } },
      },
    },
    versions: [
      { ...version('v1', true), deprecated: true, deprecationWarning: 'use v2' },
      { ...version('v2', false), additionalPrinterColumns: [{ name: 'Note', type: 'string', jsonPath: '.spec.note' }] },
    ],
  },
})

const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: schema() },
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
  additionalPrinterColumns: [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size', format: 'int32' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', priority: 1 },
  ],
  selectableFields: [{ jsonPath: '.spec.colour' }, { jsonPath: '.spec.size' }],
})

const schema = () => ({
  type: 'object',
  required: ['spec'],
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 20 } } },
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer', default: 3, maximum: 10, minimum: 1 },
        replicas: integer,
        colour: { type: 'string', enum: ['red', 'blue'], default: 'red' },
        note: { type: 'string', pattern: '^a', maxLength: 9 },
        port: { 'x-kubernetes-int-or-string': true, anyOf: [integer, text] },
        limit: { 'x-kubernetes-int-or-string': true, allOf: [{ anyOf: [integer, text] }, { pattern: '^[0-9]+$' }] },
        list: { type: 'array', items: text, 'x-kubernetes-list-type': 'set', default: ['a'] },
        conditions: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type', 'sub'],
          items: {
            type: 'object',
            required: ['type'],
            properties: { type: text, sub: { type: 'string', default: 'x' }, n: integer },
          },
        },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { a: text } } },
        atom: {
          type: 'object',
          'x-kubernetes-map-type': 'atomic',
          properties: { a: text, b: { type: 'boolean', nullable: true } },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          properties: { kind: text, metadata: { type: 'object' }, spec: { type: 'object', properties: { a: text } } },
        },
        either: {
          type: 'object',
          properties: { a: text, b: integer },
          oneOf: [{ required: ['a'] }, { required: ['b'], properties: { b: { minimum: 3 } } }],
          not: { properties: { a: { enum: ['q'] } } },
        },
        deep: {
          type: 'object',
          default: { n: 2 },
          properties: { n: { type: 'number', multipleOf: 2 } },
        },
      },
    },
    status: { type: 'object', properties: { replicas: integer, selector: text } },
  },
})
