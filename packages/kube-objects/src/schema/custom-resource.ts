import type { KubeObject } from '../object.ts'

type Schema = Record<string, unknown>

/** A column of `kubectl get`; its type is `string` unless said otherwise. */
export interface PrinterColumn {
  name: string
  jsonPath: string
  type?: 'string' | 'integer' | 'date'
}

export const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }
export const readyColumn: PrinterColumn = {
  name: 'Ready',
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
}

/** A kind of ours, as its package states it. */
export interface CustomKind {
  group: string
  version: string
  kind: string
  plural: string
  /** Default: `Namespaced`. */
  scope?: 'Namespaced' | 'Cluster'
  shortNames?: string[]
  categories?: string[]
  /** What `kubectl explain` says of it. */
  description: string
  spec: Schema
  /** An object without spec is valid; by default it is not. */
  hasOptionalSpec?: true
  /** With it, the kind has the status subresource. */
  status?: Schema
  columns: PrinterColumn[]
}

/** The CustomResourceDefinition of a kind that has one version. */
export function customResourceDefinition(of: CustomKind): KubeObject {
  const { group, kind, plural, scope = 'Namespaced', shortNames, categories } = of
  const singular = kind.toLowerCase()
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        ...(shortNames && { shortNames }),
        ...(categories && { categories }),
      },
      versions: [versionOf(of)],
    },
  }
}

function versionOf({ version, description, spec, hasOptionalSpec, status, columns }: CustomKind): object {
  return {
    name: version,
    served: true,
    storage: true,
    ...(status && { subresources: { status: {} } }),
    additionalPrinterColumns: columns.map(({ type = 'string', ...column }) => ({ ...column, type })),
    schema: {
      openAPIV3Schema: {
        type: 'object',
        description,
        ...(!hasOptionalSpec && { required: ['spec'] }),
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec,
          ...(status && { status }),
        },
      },
    },
  }
}
