import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField } from './field-errors.ts'

const LISTS = ['initContainers', 'containers', 'ephemeralContainers']

/** Of a pod's own context, and what else is said beside it. */
const LINUX_PODS = [
  ...['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls', 'runAsUser'],
  ...['runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'],
]
const LINUX_SPECS = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace']
/** Those that say nothing when they are false. */
const NO_POINTERS = ['hostPID', 'hostIPC']
const LINUX_CONTAINERS = [
  ...['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged'],
  ...['allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'],
]

/** What a pod that names its system has of another one (validateLinux, validateWindows). */
export function foreignSystem(spec: Spec, at: string): FieldError[] {
  if (spec.os?.name === 'linux') {
    const fields = ['windowsOptions']
    const why = 'windows options cannot be set for a linux pod'
    return inContexts(spec, at, { ofPod: fields, ofContainers: fields, why })
  }
  if (spec.os?.name !== 'windows') return []
  const why = 'cannot be set for a windows pod'
  return [
    ...LINUX_SPECS.filter((field) => (NO_POINTERS.includes(field) ? spec[field] : isSet(spec[field]))).map((field) =>
      forbiddenField(`${at}.${field}`, why),
    ),
    ...inContexts(spec, at, { ofPod: LINUX_PODS, ofContainers: LINUX_CONTAINERS, why }),
  ]
}

/** An empty list is what Go has where nobody said anything. */
const isSet = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0)

interface Foreign {
  ofPod: string[]
  ofContainers: string[]
  why: string
}

function inContexts(spec: Spec, at: string, { ofPod, ofContainers, why }: Foreign): FieldError[] {
  const within = (context: Spec | undefined, fields: string[], place: string) =>
    fields
      .filter((field) => isSet(context?.[field]))
      .map((field) => forbiddenField(`${place}.securityContext.${field}`, why))
  return [
    ...within(spec.securityContext, ofPod, at),
    ...LISTS.flatMap((list) =>
      ((spec[list] ?? []) as Spec[]).flatMap(({ securityContext }, index) =>
        within(securityContext, ofContainers, `${at}.${list}[${index}]`),
      ),
    ),
  ]
}
