import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, invalidValue, notSupported, required } from './field-errors.ts'
import { repeats } from './repeats.ts'
import { numericId, oneOf, pathWithin } from './values.ts'

/** Security contexts of pods and containers. */
export const securityRules: TypeRules = {
  'core/v1.SecurityContext': (context, at) => [
    ...numericId(`${at}.runAsUser`, context.runAsUser),
    ...numericId(`${at}.runAsGroup`, context.runAsGroup),
    ...escalation(context, at),
  ],
  'core/v1.PodSecurityContext': (
    { fsGroup, runAsUser, runAsGroup, supplementalGroups = [], sysctls = [], ...rest },
    at,
  ) => [
    // The other policy needs a feature that is off by default (SELinuxMount).
    ...(rest.seLinuxChangePolicy === undefined || rest.seLinuxChangePolicy === 'Recursive'
      ? []
      : [notSupported(`${at}.seLinuxChangePolicy`, rest.seLinuxChangePolicy, ['Recursive'])]),
    ...numericId(`${at}.fsGroup`, fsGroup),
    ...numericId(`${at}.runAsUser`, runAsUser),
    ...numericId(`${at}.runAsGroup`, runAsGroup),
    ...supplementalGroups.flatMap((id: number, index: number) => numericId(`${at}.supplementalGroups[${index}]`, id)),
    ...sysctlErrors(sysctls, `${at}.sysctls`),
  ],
  'core/v1.SeccompProfile': ({ type, localhostProfile }, at) => [
    ...oneOf(`${at}.type`, type, PROFILES, 'type is required when seccompProfile is set'),
    ...(type === 'Localhost' && localhostProfile === undefined
      ? [required(`${at}.localhostProfile`, 'must be set when seccomp type is Localhost')]
      : []),
    ...(type === 'Localhost' ? pathWithin(`${at}.localhostProfile`, localhostProfile) : []),
    ...(type !== 'Localhost' && localhostProfile !== undefined
      ? [
          invalidValue(
            `${at}.localhostProfile`,
            { type, localhostProfile },
            'can only be set when seccomp type is Localhost',
          ),
        ]
      : []),
  ],
  'core/v1.AppArmorProfile': appArmor,
}

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined']

function appArmor({ type, localhostProfile: profile }: Spec, at: string): FieldError[] {
  const field = `${at}.localhostProfile`
  const faults = oneOf(`${at}.type`, type, PROFILES, 'type is required when appArmorProfile is set')
  if (faults.length > 0) return faults
  if (type !== 'Localhost') {
    return profile === undefined
      ? []
      : [invalidValue(field, profile, 'can only be set when AppArmor type is Localhost')]
  }
  if (!profile) return [required(field, 'must be set when AppArmor type is Localhost')]
  return profile.trim() === profile ? [] : [invalidValue(field, profile, 'must not be padded with whitespace')]
}

function escalation(context: Spec, at: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return []
  const contradicted = [
    ...(context.privileged ? ['`privileged` to true'] : []),
    ...(context.capabilities?.add?.includes('CAP_SYS_ADMIN') ? ['`capabilities.Add` CAP_SYS_ADMIN'] : []),
  ]
  return contradicted.map((other) =>
    invalidValue(at, context, `cannot set \`allowPrivilegeEscalation\` to false and ${other}`),
  )
}

const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/

function sysctlErrors(sysctls: Spec[], at: string): FieldError[] {
  const rule = `must have at most 253 characters and match regex ${SYSCTL.source.replaceAll('[./]', '[\\./]')}`
  const repeated = repeats(sysctls, ({ name }) => name)
  return sysctls.flatMap(({ name = '' }, index) => {
    const field = `${at}[${index}].name`
    if (!name) return [required(field)]
    if (name.length > 253 || !SYSCTL.test(name)) return [invalidValue(field, name, rule)]
    return repeated[index] ? [duplicate(field, name)] : []
  })
}
