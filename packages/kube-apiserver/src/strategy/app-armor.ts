import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { APP_ARMOR } from '../validation/pod-annotations.ts'

const DEPRECATED = 'deprecated since v1.30; use the "appArmorProfile" field instead'

/** Copies what annotations say of containers' profiles into the fields that replace them, and says so. */
export function copyAppArmor({ metadata, spec }: KubeObject, warn: (text: string) => void): void {
  if (spec?.os?.name === 'windows') return
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])] as Spec[]
  for (const container of containers) {
    const annotation = metadata.annotations?.[APP_ARMOR + container.name]
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue
    const profile = profileOf(annotation)
    if (profile && isDeepStrictEqual(profile, spec?.securityContext?.appArmorProfile)) continue
    if (profile) container.securityContext = { ...container.securityContext, appArmorProfile: profile }
    warn(warning(container.name))
  }
}

/** What is to say of the annotations of a template, as its containers have no such fields. */
export function appArmorWarnings({ metadata, spec }: Spec, containers: readonly Spec[], prefix: string): string[] {
  return containers.flatMap(({ name, securityContext }) => {
    const annotation = metadata?.annotations?.[APP_ARMOR + name]
    if (annotation === undefined || securityContext?.appArmorProfile) return []
    const ofPod = spec?.securityContext?.appArmorProfile
    return ofPod && isDeepStrictEqual(ofPod, derived(annotation)) ? [] : [warning(name, prefix)]
  })
}

const warning = (container: string, prefix = ''): string =>
  `${prefix}metadata.annotations[${APP_ARMOR}${container}]: ${DEPRECATED}`

const LONGEST_PATH = 4095

/** The profile that an annotation names, if it is one that the field may have. */
function profileOf(annotation: string): Spec | undefined {
  const profile = derived(annotation)
  const name: string = profile?.localhostProfile ?? ''
  return name.trim() === name && name.length <= LONGEST_PATH ? profile : undefined
}

function derived(annotation: string): Spec | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  const name = /^localhost\/(.+)$/s.exec(annotation)?.[1]
  return name ? { type: 'Localhost', localhostProfile: name } : undefined
}
