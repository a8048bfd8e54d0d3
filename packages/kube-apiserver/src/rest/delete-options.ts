import { type KubeObject, type SchemaNode, typedForm } from '@slipway/kube-objects'
import { flagOf } from '../api/flag.ts'
import type { ApiRequest } from '../api/request.ts'
import { type FieldError, StatusError } from '../api/status.ts'
import type { WriteOptions } from '../storage/write-options.ts'
import { invalidValue, notSupported } from '../validation/field-errors.ts'
import { readDocument, Undecodable } from './body.ts'
import { writeOptionsOf } from './options.ts'
import { integerOf } from './read.ts'

/** metav1.DeleteOptions. */
export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: Propagation
  preconditions?: { uid?: string; resourceVersion?: string }
}

export type Propagation = 'Background' | 'Foreground' | 'Orphan'

/** What a body or, without one, the query says. */
type RawOptions = DeleteOptions & { dryRun?: string[]; orphanDependents?: boolean }

const TEXT: SchemaNode = { type: 'string' }
const DELETE_OPTIONS: SchemaNode = {
  type: 'object',
  typeName: 'meta/v1.DeleteOptions',
  properties: {
    kind: TEXT,
    apiVersion: TEXT,
    gracePeriodSeconds: { type: 'integer', format: 'int64' },
    preconditions: {
      type: 'object',
      typeName: 'meta/v1.Preconditions',
      properties: { uid: TEXT, resourceVersion: TEXT },
    },
    orphanDependents: { type: 'boolean' },
    propagationPolicy: TEXT,
    dryRun: { type: 'array', items: TEXT },
  },
}

const POLICIES = ['Foreground', 'Background', 'Orphan', 'nil']

/** Throws 422 for options that Kubernetes does not know, or that do not go together. */
export async function deleteOptionsOf(request: ApiRequest): Promise<{ options: DeleteOptions; write: WriteOptions }> {
  const raw = (await readOptions(request)) ?? queryOptions(request.query)
  const { propagationPolicy: asked, orphanDependents: orphan, gracePeriodSeconds, preconditions, dryRun } = raw
  const field = 'propagationPolicy'
  const errors: FieldError[] = []
  if (orphan !== undefined && asked !== undefined) {
    errors.push(invalidValue(field, asked, 'orphanDependents and deletionPropagation cannot be both set'))
  }
  if (asked !== undefined && !POLICIES.slice(0, 3).includes(asked)) errors.push(notSupported(field, asked, POLICIES))
  const query = new URLSearchParams((dryRun ?? []).map((value) => ['dryRun', value] as [string, string]))
  const policy = asked ?? (orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background')
  return {
    options: {
      ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
      ...(policy && { propagationPolicy: policy }),
      ...(preconditions && { preconditions }),
    },
    write: { ...writeOptionsOf({ ...request, query }, 'DeleteOptions', errors), asked: askedOf(raw) },
  }
}

/** As webhooks see them. */
function askedOf({ dryRun, ...raw }: RawOptions): Record<string, unknown> {
  return { ...raw, ...(dryRun && dryRun.length > 0 && { dryRun }) }
}

/** The DeleteOptions of a body; undefined without one. Throws 500 for anything else, as Kubernetes does. */
async function readOptions(request: ApiRequest): Promise<RawOptions | undefined> {
  const { bytes, document } = await readDocument(request)
  if (bytes.length === 0) return undefined
  try {
    const { value } = await document()
    const { kind = 'DeleteOptions', apiVersion = 'v1' } = value as Partial<KubeObject>
    if (kind !== 'DeleteOptions') {
      const where = `version "${apiVersion}" in scheme "pkg/runtime/scheme.go:110"`
      throw new Undecodable(`no kind "${kind}" is registered for ${where}`)
    }
    const { value: options, fault } = typedForm(value as KubeObject, DELETE_OPTIONS)
    if (fault !== undefined) throw new Undecodable(fault)
    return options as unknown as RawOptions
  } catch (error) {
    throw error instanceof Undecodable ? new StatusError(500, '', error.message) : error
  }
}

/** As kubectl proxies and scripts send them. */
function queryOptions(query: URLSearchParams): RawOptions {
  const grace = integerOf(query, 'gracePeriodSeconds')
  const orphan = flagOf(query, 'orphanDependents')
  const policy = query.get('propagationPolicy')
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(orphan !== undefined && { orphanDependents: orphan }),
    ...(policy && { propagationPolicy: policy as Propagation }),
    dryRun: query.getAll('dryRun'),
  }
}
