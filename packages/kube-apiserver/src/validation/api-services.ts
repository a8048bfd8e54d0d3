import { rfc1035NameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { invalidValue, notSupported, required } from './field-errors.ts'

/** Other servers' APIs (kube-aggregator/pkg/apis/apiregistration/validation). */
export const apiServiceRules: TypeRules = {
  'apiregistration/v1.APIService': ({ metadata, spec = {} }) => {
    const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec
    const name = `${version}.${group}`
    return [
      ...(metadata.name === name
        ? []
        : [
            invalidValue(
              'metadata.name',
              metadata.name,
              `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`,
            ),
          ]),
      ...(group === '' && version !== 'v1'
        ? [required('spec.group', 'only v1 may have an empty group and it better be legacy kube')]
        : []),
      ...(group ? subdomainNameErrors(group).map((why) => invalidValue('spec.group', group, why)) : []),
      ...rfc1035NameErrors(version).map((why) => invalidValue('spec.version', version, why)),
      ...between('spec.groupPriorityMinimum', groupPriorityMinimum, 20_000),
      ...between('spec.versionPriority', versionPriority, 1000),
      ...backingErrors(spec),
    ]
  },
  'apiregistration/v1.APIServiceCondition': ({ status }, at) =>
    STATUSES.includes(status) ? [] : [notSupported(`${at}.status`, status, STATUSES)],
}

const STATUSES = ['False', 'True', 'Unknown']

function between(at: string, value: number, most: number): FieldError[] {
  return value > 0 && value <= most ? [] : [invalidValue(at, value, `must be positive and less than ${most}`)]
}

function backingErrors({ service, caBundle, insecureSkipTLSVerify: insecure }: Spec): FieldError[] {
  if (!service) {
    const bytes = `${Buffer.from(caBundle ?? '', 'base64').length} bytes`
    return [
      ...(caBundle ? [invalidValue('spec.caBundle', bytes, 'local APIServices may not have a caBundle')] : []),
      ...(insecure
        ? [invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')]
        : []),
    ]
  }
  const { namespace, name, port = 443 } = service
  const wrongPort = 'port is not valid: must be between 1 and 65535, inclusive'
  return [
    ...(namespace ? [] : [required('spec.service.namespace')]),
    ...(name ? [] : [required('spec.service.name')]),
    ...(port >= 1 && port <= 65_535 ? [] : [invalidValue('spec.service.port', port, wrongPort)]),
    ...(insecure && caBundle
      ? [invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')]
      : []),
  ]
}
