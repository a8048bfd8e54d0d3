import type { KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import { invalidValue, required } from '../validation/field-errors.ts'

const ANNOTATION = 'api-approved.kubernetes.io'
const POLICY = 'see https://github.com/kubernetes/enhancements/pull/1111'

/** What a definition of a group of Kubernetes' own says of its approval (apiextensions' GetAPIApprovalState). */
interface Approval {
  status: 'True' | 'False'
  reason: 'MissingAnnotation' | 'UnapprovedAnnotation' | 'ApprovedAnnotation' | 'InvalidAnnotation'
  message: string
}

/** Undefined = the group is nobody's but its owner's. */
export function approvalOf({ metadata, spec }: Readonly<KubeObject>): Approval | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? '')) return undefined
  const text = metadata.annotations?.[ANNOTATION] ?? ''
  const must = `protected groups must have approval annotation "${ANNOTATION}"`
  if (text === '') return { status: 'False', reason: 'MissingAnnotation', message: `${must}, ${POLICY}` }
  if (text.startsWith('unapproved')) {
    return { status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: ${JSON.stringify(text)}` }
  }
  if (/^[a-z][a-z\d+.-]*:\/\/[^\s/]/i.test(text)) {
    return { status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${text}` }
  }
  const message = `${must} with either a URL or a reason starting with "unapproved", ${POLICY}`
  return { status: 'False', reason: 'InvalidAnnotation', message }
}

export function approvalFaults(crd: Readonly<KubeObject>): FieldError[] {
  const approval = approvalOf(crd)
  const field = `metadata.annotations[${ANNOTATION}]`
  if (approval?.reason === 'MissingAnnotation') return [required(field, approval.message)]
  if (approval?.reason !== 'InvalidAnnotation') return []
  return [invalidValue(field, crd.metadata.annotations?.[ANNOTATION], approval.message)]
}
