import { rfc1035NameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { forbiddenField, invalidValue, required } from '../../validation/field-errors.ts'
import { repeats } from '../../validation/repeats.ts'
import { oneOf } from '../../validation/values.ts'
import { caBundleFault, webhookService, webhookUrl } from '../../validation/webhook-client.ts'

const REVIEWS = ['v1', 'v1beta1']
const STRATEGIES = ['None', 'Webhook']

/** What an older definition may keep as it is. */
export interface ConversionLeniency {
  /** Versions of reviews, none of which Kubernetes knows. */
  reviewVersions: boolean
  /** Certificates that cannot be read: as long as nothing is served, they may still come. */
  caBundle: boolean
}

/** In the form that v1beta1 had, which is what Kubernetes tells faults of. */
export function conversionFaults(conversion: Spec, path: string, lenient: ConversionLeniency): FieldError[] {
  const { strategy, webhook } = conversion
  const client = `${path}.webhookClientConfig`
  const reviews = `${path}.conversionReviewVersions`
  const { clientConfig, conversionReviewVersions = [] } = (webhook ?? {}) as Spec
  const faults = oneOf(`${path}.strategy`, strategy, STRATEGIES)
  if (strategy === 'Webhook') {
    return [
      ...faults,
      ...(clientConfig
        ? clientFaults(clientConfig, client, lenient)
        : [required(client, 'required when strategy is set to Webhook')]),
      ...reviewFaults(conversionReviewVersions ?? [], reviews, lenient),
    ]
  }
  const why = 'should not be set when strategy is not set to Webhook'
  if (clientConfig) faults.push(forbiddenField(client, why))
  if (conversionReviewVersions?.length > 0) faults.push(forbiddenField(reviews, why))
  return faults
}

function clientFaults({ url, service, caBundle }: Spec, path: string, lenient: ConversionLeniency): FieldError[] {
  const faults: FieldError[] = []
  if ((url === undefined) === !service) faults.push(required(path, 'exactly one of url or service is required'))
  else if (url !== undefined) faults.push(...webhookUrl(url, `${path}.url`))
  else {
    // Kubernetes takes the one for the other here.
    const { name: namespace, namespace: name } = service
    faults.push(...webhookService({ ...service, name, namespace }, `${path}.service`))
  }
  const fault = caBundle && !lenient.caBundle ? caBundleFault(caBundle) : undefined
  return fault === undefined ? faults : [...faults, invalidValue(`${path}.caBundle`, caBundle, fault)]
}

function reviewFaults(versions: string[], path: string, lenient: ConversionLeniency): FieldError[] {
  if (versions.length === 0) return [required(path)]
  const repeated = repeats(versions)
  const faults = versions.flatMap((version, index) => {
    const at = `${path}[${index}]`
    if (repeated[index]) return [invalidValue(at, version, 'duplicate version')]
    return rfc1035NameErrors(version).map((why) => invalidValue(at, version, why))
  })
  if (lenient.reviewVersions || namesKnownReview(versions)) return faults
  return [...faults, invalidValue(path, versions, `must include at least one of ${REVIEWS.join(', ')}`)]
}

export const namesKnownReview = (versions: readonly string[]): boolean => versions.some((one) => REVIEWS.includes(one))
