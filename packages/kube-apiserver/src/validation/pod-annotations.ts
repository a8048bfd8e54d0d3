import type { KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField, invalidValue } from './field-errors.ts'

/** Of annotations with a container's name. */
export const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const MIRROR = 'kubernetes.io/config.mirror'
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'

type Annotations = Record<string, string>

/** What is wrong with annotations of a pod, or of a template, that mean something (ValidatePodSpecificAnnotations). */
export function podAnnotationErrors(annotations: Annotations = {}, spec: Spec, at: string): FieldError[] {
  const { [MIRROR]: mirror, [DELETION_COST]: cost } = annotations
  const names = containersOf(spec).map(({ container }) => container.name)
  return [
    ...(mirror !== undefined && !spec.nodeName
      ? [invalidValue(`${at}[${MIRROR}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set')]
      : []),
    ...(cost !== undefined && !isCost(cost)
      ? [invalidValue(`${at}[${DELETION_COST}]`, cost, 'must be a 32bit integer')]
      : []),
    ...Object.entries(annotations).flatMap(([key, profile]) => {
      if (!key.startsWith(APP_ARMOR)) return []
      const name = key.slice(APP_ARMOR.length)
      return [
        ...(names.includes(name) ? [] : [invalidValue(`${at}[${key}]`, name, 'container not found')]),
        ...(PROFILE.test(profile)
          ? []
          : [invalidValue(`${at}[${key}]`, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)]),
      ]
    }),
  ]
}

/** Annotations of a pod that stay as they are (ValidatePodSpecificAnnotationUpdates). */
export function podAnnotationChangeErrors(next: Annotations = {}, current: Annotations = {}): FieldError[] {
  const errors = (keys: string[], verb: string): FieldError[] =>
    keys.flatMap((key) => {
      const what = key === MIRROR ? 'mirror pod annotation' : key.startsWith(APP_ARMOR) && 'AppArmor annotations'
      return what ? [forbiddenField(`metadata.annotations[${key}]`, `may not ${verb} ${what}`)] : []
    })
  return [
    ...errors(
      Object.keys(current).filter((key) => next[key] !== current[key]),
      'remove or update',
    ),
    ...errors(
      Object.keys(next).filter((key) => current[key] === undefined),
      'add',
    ),
  ]
}

/** Where an annotation and the field that replaces it say different things (validateAppArmorAnnotationsAndFieldsMatchOnCreate). */
export function appArmorContradictions({ metadata, spec = {} }: KubeObject): FieldError[] {
  if (spec.os?.name === 'windows') return []
  return containersOf(spec).flatMap(({ container, at }) => {
    const profile = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
    const annotation = metadata.annotations?.[APP_ARMOR + container.name]
    if (!profile || annotation === undefined) return []
    const field = `${at}.securityContext.appArmorProfile`
    const differs = (name: string, what: string): FieldError[] => [
      forbiddenField(`${field}.${name}`, `apparmor ${what} in annotation and field must match`),
    ]
    if (typeOf(annotation) !== profile.type) return differs('type', 'type')
    const isOther = profile.type === 'Localhost' && annotation !== `localhost/${profile.localhostProfile}`
    return isOther ? differs('localhostProfile', 'profile') : []
  })
}

const PROFILE = /^(|runtime\/default|unconfined|localhost\/.*)$/s

function typeOf(annotation: string): string | undefined {
  if (annotation.startsWith('localhost/')) return 'Localhost'
  return { unconfined: 'Unconfined', 'runtime/default': 'RuntimeDefault' }[annotation]
}

function isCost(text: string): boolean {
  const cost = Number(text)
  return /^(0|-\d+|[1-9]\d*)$/.test(text) && cost >= -(2 ** 31) && cost < 2 ** 31
}

function containersOf(spec: Spec): { container: Spec; at: string }[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((field) =>
    ((spec[field] ?? []) as Spec[]).map((container, index) => ({ container, at: `spec.${field}[${index}]` })),
  )
}
