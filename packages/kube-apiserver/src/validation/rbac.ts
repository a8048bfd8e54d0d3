import { subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { invalidValue, notSupported, required } from './field-errors.ts'
import { selectorFaults } from './selectors.ts'
import { segment, text } from './values.ts'

const GROUP = 'rbac.authorization.k8s.io'

/** Roles and who has them. */
export const rbacRules: TypeRules = {
  'rbac/v1.Role': ({ rules }) => ruleErrors(rules ?? [], { namespaced: true }),
  'rbac/v1.ClusterRole': ({ rules, aggregationRule }) => [
    ...ruleErrors(rules ?? [], { namespaced: false }),
    ...((aggregationRule?.clusterRoleSelectors ?? []) as Spec[]).flatMap((selector, index) => {
      const field = `aggregationRule.clusterRoleSelectors[${index}]`
      return selectorFaults(selector, field).length > 0 ? [invalidValue(field, null, 'invalid label selector.')] : []
    }),
    ...(aggregationRule && !aggregationRule.clusterRoleSelectors?.length
      ? [
          required(
            'aggregationRule.clusterRoleSelectors',
            'at least one clusterRoleSelector required if aggregationRule is non-nil',
          ),
        ]
      : []),
  ],
  'rbac/v1.RoleBinding': ({ roleRef, subjects }) => [
    ...roleErrors(roleRef ?? {}, ['Role', 'ClusterRole']),
    ...subjectErrors(subjects ?? [], { namespaced: true }),
  ],
  'rbac/v1.ClusterRoleBinding': ({ roleRef, subjects }) => [
    ...roleErrors(roleRef ?? {}, ['ClusterRole']),
    ...subjectErrors(subjects ?? [], { namespaced: false }),
  ],
}

function ruleErrors(rules: Spec[], { namespaced }: { namespaced: boolean }): FieldError[] {
  return rules.flatMap(
    ({ verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls }, index) => {
      const at = `rules[${index}]`
      const errors = verbs.length === 0 ? [required(`${at}.verbs`, 'verbs must contain at least one value')] : []
      if (urls?.length) {
        const field = `${at}.nonResourceURLs`
        const mixed = apiGroups.length + resources.length + resourceNames.length > 0
        return [
          ...errors,
          ...(namespaced ? [invalidValue(field, urls, 'namespaced rules cannot apply to non-resource URLs')] : []),
          ...(mixed
            ? [invalidValue(field, urls, 'rules cannot apply to both regular resources and non-resource URLs')]
            : []),
        ]
      }
      return [
        ...errors,
        ...(apiGroups.length === 0
          ? [required(`${at}.apiGroups`, 'resource rules must supply at least one api group')]
          : []),
        ...(resources.length === 0
          ? [required(`${at}.resources`, 'resource rules must supply at least one resource')]
          : []),
      ]
    },
  )
}

function roleErrors({ apiGroup = '', kind = '', name }: Spec, kinds: string[]): FieldError[] {
  return [
    ...(apiGroup === GROUP ? [] : [notSupported('roleRef.apiGroup', apiGroup, [GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...segment('roleRef.name', name),
  ]
}

function subjectErrors(subjects: Spec[], { namespaced }: { namespaced: boolean }): FieldError[] {
  return subjects.flatMap(({ kind = '', name, namespace, apiGroup = '' }, index) => {
    const at = `subjects[${index}]`
    const errors = name ? [] : [required(`${at}.name`)]
    switch (kind) {
      case 'ServiceAccount':
        return [
          ...errors,
          ...text(`${at}.name`, name || undefined, subdomainNameErrors),
          ...(apiGroup ? [notSupported(`${at}.apiGroup`, apiGroup, [''])] : []),
          ...(!namespaced && !namespace ? [required(`${at}.namespace`)] : []),
        ]
      case 'User':
      case 'Group':
        return apiGroup === GROUP ? errors : [...errors, notSupported(`${at}.apiGroup`, apiGroup, [GROUP])]
      default:
        return [...errors, notSupported(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group'])]
    }
  })
}
