import { type KubeObject, type SchemaNode, schemaFor, typedForm } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'
import { recognized } from '../../rest/body.ts'

const GROUP = 'admission.k8s.io'
const KIND = 'AdmissionReview'
const TEXT: SchemaNode = { type: 'string' }

/** Of admission/v1 and v1beta1, which are the same. */
const reviewSchema = (): SchemaNode => ({
  type: 'object',
  typeName: `admission/v1.${KIND}`,
  properties: {
    kind: TEXT,
    apiVersion: TEXT,
    response: {
      type: 'object',
      typeName: 'admission/v1.AdmissionResponse',
      properties: {
        uid: { type: 'string', typeName: 'types.UID' },
        allowed: { type: 'boolean' },
        status: schemaFor({ apiVersion: 'v1', kind: 'Status' }) ?? { type: 'object' },
        patch: { type: 'string', format: 'byte' },
        patchType: { type: 'string', typeName: 'v1.PatchType' },
        auditAnnotations: { type: 'object', additional: TEXT },
        warnings: { type: 'array', items: TEXT },
      },
    },
  },
})

/** The review that a webhook answered with. Throws an Error with what Kubernetes' decoder has against the text. */
export function readReview(text: string, version: string): Spec {
  const review = recognized(text)
  checkType(review, version)
  const { value, fault } = typedForm(withPatchAsText(review) as KubeObject, reviewSchema())
  if (fault !== undefined) throw new Error(fault)
  return value
}

/** The codec of apiserver's webhook clients: their scheme has reviews, and what every group has. */
function checkType({ apiVersion, kind }: Spec, version: string): void {
  for (const [field, given] of Object.entries({ apiVersion, kind })) {
    if (given === undefined || given === null || typeof given === 'string') continue
    const found = Array.isArray(given) ? 'array' : typeof given
    const why = `json: cannot unmarshal ${found} into Go struct field .${field} of type string`
    throw new Error(`couldn't get version/kind; json parse error: ${why}`)
  }
  const given: string = apiVersion || `${GROUP}/${version}`
  if (given.split('/').length > 2) throw new Error(`unexpected GroupVersion string: ${given}`)
  const own = (kind || KIND) === KIND && [`${GROUP}/v1`, `${GROUP}/v1beta1`].includes(given)
  if (!own && !(kind === 'Status' && given === 'v1')) {
    throw new Error(
      `no kind "${kind || KIND}" is registered for version "${given}" in scheme "pkg/runtime/scheme.go:110"`,
    )
  }
  if (own && given === `${GROUP}/${version}`) return
  const from = `${given.split('/').at(-1)}.${kind || KIND}`
  throw new Error(`converting (${from}) to (${version}.${KIND}): unknown conversion`)
}

/** Go also reads bytes that are a list of numbers, as some libraries write them. */
function withPatchAsText(review: Spec): Spec {
  const patch: unknown = review.response?.patch
  if (!Array.isArray(patch) || !patch.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)) return review
  return { ...review, response: { ...review.response, patch: Buffer.from(patch).toString('base64') } }
}
