import { equalJson, labelNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { envFromErrors } from './env.ts'
import { duplicate, forbiddenField, invalidValue, notFoundValue, notSupported, required } from './field-errors.ts'
import { containerProbes, noProbes } from './probes.ts'
import { repeats } from './repeats.ts'
import { containerResources } from './resources.ts'
import { inRange, oneOf, pathForward, pathWithin, portNameErrors, requiredText } from './values.ts'

/** What a container alone tells. */
export const containerRules: TypeRules = {
  'core/v1.Container': alone,
  'core/v1.EphemeralContainer': alone,
  'core/v1.VolumeMount': (mount, at) => [
    ...requiredText(`${at}.mountPath`, mount.mountPath),
    ...recursiveReadOnly(mount, at),
  ],
}

function alone(container: Spec, at: string): FieldError[] {
  const { name, image, terminationMessagePolicy, imagePullPolicy, ports = [], envFrom = [] } = container
  return [
    ...requiredText(`${at}.name`, name, labelNameErrors),
    ...requiredText(`${at}.image`, image),
    ...oneOf(`${at}.terminationMessagePolicy`, terminationMessagePolicy, ['File', 'FallbackToLogsOnError']),
    ...portErrors(ports, `${at}.ports`),
    ...envFromErrors(envFrom, `${at}.envFrom`),
    ...oneOf(`${at}.imagePullPolicy`, imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
  ]
}

function portErrors(ports: Spec[], at: string): FieldError[] {
  const names = new Set<string>()
  return ports.flatMap(({ name, containerPort, hostPort, protocol }, index) => {
    const field = `${at}[${index}]`
    const faults = name ? portNameErrors(name).map((why) => invalidValue(`${field}.name`, name, why)) : []
    if (name && faults.length === 0) {
      if (names.has(name)) faults.push(duplicate(`${field}.name`, name))
      names.add(name)
    }
    return [
      ...faults,
      ...(containerPort
        ? inRange(`${field}.containerPort`, containerPort, 1, 65_535)
        : [required(`${field}.containerPort`)]),
      ...(hostPort ? inRange(`${field}.hostPort`, hostPort, 1, 65_535) : []),
      ...oneOf(`${field}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']),
    ]
  })
}

function recursiveReadOnly({ recursiveReadOnly: mode, readOnly, mountPropagation }: Spec, at: string): FieldError[] {
  if (!mode || mode === 'Disabled') return []
  const field = `${at.replace(/\[\d+\]$/, '')}.recursiveReadOnly`
  if (mode !== 'Enabled' && mode !== 'IfPossible') {
    return [notSupported(field, mode, ['Disabled', 'Enabled', 'IfPossible'])]
  }
  return [
    ...(readOnly ? [] : [forbiddenField(field, 'may only be specified when readOnly is true')]),
    ...(mountPropagation && mountPropagation !== 'None'
      ? [forbiddenField(field, 'may only be specified when mountPropagation is None or not specified')]
      : []),
  ]
}

/** The containers of a pod, and what they need of it and of each other. */
export function podContainers(spec: Spec, at: string): FieldError[] {
  const { containers = [], initContainers = [], ephemeralContainers = [], terminationGracePeriodSeconds: grace } = spec
  if (containers.length === 0) return [required(`${at}.containers`)]
  const regular: Spec[] = [...containers, ...initContainers]
  const repeated = repeats([...regular, ...ephemeralContainers] as Spec[], ({ name }) => name)
  const repeatedName = ({ name }: Spec, field: string, place: number): FieldError[] =>
    name && repeated[place] ? [duplicate(`${field}.name`, name)] : []
  const pod = partsOf(spec)
  const targets = regular.map(({ name }) => name as string)
  return [
    ...each(containers, `${at}.containers`, (container, field, index) => [
      ...withinPod(container, pod, field),
      ...repeatedName(container, field, index),
      ...containerProbes(container, grace, field),
      ...(container.restartPolicy
        ? [forbiddenField(`${field}.restartPolicy`, 'may not be set for non-init containers')]
        : []),
    ]),
    ...hostPorts(containers, `${at}.containers`),
    ...each(initContainers, `${at}.initContainers`, (container, field, index) => [
      ...withinPod(container, pod, field),
      ...initRestart(container, field),
      ...repeatedName(container, field, containers.length + index),
      ...hostPorts([container], `${at}.initContainers`),
      ...(container.restartPolicy === 'Always' ? containerProbes(container, grace, field) : noProbes(container, field)),
    ]),
    ...each(ephemeralContainers, `${at}.ephemeralContainers`, (container, field, index) => [
      ...withinPod(container, pod, field),
      ...repeatedName(container, field, regular.length + index),
      ...ephemeral(container, targets, field),
    ]),
  ]
}

const each = (list: Spec[], at: string, check: (one: Spec, field: string, index: number) => FieldError[]) =>
  list.flatMap((one, index) => check(one, `${at}[${index}]`, index))

function initRestart({ restartPolicy }: Spec, at: string): FieldError[] {
  if (!restartPolicy || restartPolicy === 'Always') return []
  return [notSupported(`${at}.restartPolicy`, restartPolicy, ['Always'])]
}

/** What containers need of their pod. */
interface PodParts {
  /** By name; of two the first. */
  volumes: ReadonlyMap<string, Spec>
  claims: string[]
  hostUsers: boolean | undefined
  restartPolicy: string
}

function partsOf({ volumes = [], resourceClaims = [], hostUsers, restartPolicy }: Spec): PodParts {
  return {
    volumes: new Map((volumes as Spec[]).toReversed().map((volume) => [volume.name, volume])),
    claims: (resourceClaims as Spec[]).map(({ name }) => name),
    hostUsers,
    restartPolicy,
  }
}

function withinPod(container: Spec, { volumes, claims, hostUsers, restartPolicy }: PodParts, at: string): FieldError[] {
  return [
    ...mountErrors(container, volumes, `${at}.volumeMounts`),
    ...deviceErrors(container, volumes, `${at}.volumeDevices`),
    ...containerResources(container.resources, `${at}.resources`, claims),
    ...procMount(container.securityContext?.procMount, hostUsers, `${at}.securityContext.procMount`),
    ...resizeErrors(container.resizePolicy ?? [], restartPolicy, `${at}.resizePolicy`),
  ]
}

const MOUNTS = ['Default', 'Unmasked']

function procMount(mount: string | undefined, hostUsers: boolean | undefined, at: string): FieldError[] {
  if (mount === undefined) return []
  if (!MOUNTS.includes(mount)) return [notSupported(at, mount, MOUNTS)]
  if (mount !== 'Unmasked' || hostUsers === false) return []
  return [invalidValue(at, mount, '`hostUsers` must be false to use `Unmasked`')]
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None']

const namesOf = (list: Spec[]): ReadonlySet<unknown> => new Set(list.map(({ name }) => name))

function mountErrors(
  { volumeMounts = [], volumeDevices = [], securityContext }: Spec,
  volumes: PodParts['volumes'],
  at: string,
) {
  const repeated = repeats(volumeMounts as Spec[], ({ mountPath }) => mountPath)
  const devices = namesOf(volumeDevices)
  const paths = new Set((volumeDevices as Spec[]).map(({ devicePath }) => devicePath))
  return each(volumeMounts, at, ({ name, mountPath, subPath, subPathExpr, mountPropagation }, field, index) => [
    ...(name ? [] : [required(`${field}.name`)]),
    ...(volumes.has(name) ? [] : [notFoundValue(`${field}.name`, name)]),
    ...(repeated[index] ? [invalidValue(`${field}.mountPath`, mountPath ?? '', 'must be unique')] : []),
    ...(devices.has(name) ? [invalidValue(`${field}.name`, name, 'must not already exist in volumeDevices')] : []),
    ...(paths.has(mountPath)
      ? [invalidValue(`${field}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices')]
      : []),
    ...(subPath ? pathWithin(`${at}.subPath`, subPath) : []),
    ...(subPath && subPathExpr
      ? [invalidValue(`${field}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive')]
      : []),
    ...(subPathExpr ? pathWithin(`${at}.subPathExpr`, subPathExpr) : []),
    ...(mountPropagation === undefined || PROPAGATIONS.includes(mountPropagation)
      ? []
      : [notSupported(`${at}.mountPropagation`, mountPropagation, PROPAGATIONS)]),
    ...(mountPropagation === 'Bidirectional' && !securityContext?.privileged
      ? [
          forbiddenField(
            `${at}.mountPropagation`,
            'Bidirectional mount propagation is available only to privileged containers',
          ),
        ]
      : []),
  ])
}

function deviceErrors(
  { volumeMounts = [], volumeDevices = [] }: Spec,
  volumes: PodParts['volumes'],
  at: string,
): FieldError[] {
  const repeatedNames = repeats(volumeDevices as Spec[], ({ name }) => name)
  const repeatedPaths = repeats(volumeDevices as Spec[], ({ devicePath }) => devicePath)
  const mounts = namesOf(volumeMounts)
  const paths = new Set((volumeMounts as Spec[]).map(({ mountPath }) => mountPath))
  return each(volumeDevices, at, ({ name, devicePath }, field, index) => {
    const volume = volumes.get(name)
    const source = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
    return [
      ...(name ? [] : [required(`${field}.name`)]),
      ...(name && repeatedNames[index] ? [invalidValue(`${field}.name`, name, 'must be unique')] : []),
      ...(volume && !volume.persistentVolumeClaim && !volume.ephemeral
        ? [invalidValue(`${field}.name`, name, source)]
        : []),
      ...(volume ? [] : [notFoundValue(`${field}.name`, name)]),
      ...(devicePath ? [] : [required(`${field}.devicePath`)]),
      ...(repeatedPaths[index] ? [invalidValue(`${field}.devicePath`, devicePath ?? '', 'must be unique')] : []),
      ...(pathForward('', devicePath).length > 0
        ? [invalidValue(`${field}.devicePath`, devicePath, "can not contain backsteps ('..')")]
        : []),
      ...(mounts.has(name) ? [invalidValue(`${field}.name`, name, 'must not already exist in volumeMounts')] : []),
      ...(paths.has(devicePath)
        ? [invalidValue(`${field}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts')]
        : []),
    ]
  })
}

function resizeErrors(policies: Spec[], restartPolicy: string, at: string): FieldError[] {
  const repeated = repeats(policies, ({ resourceName }) => resourceName)
  return each(policies, at, ({ resourceName, restartPolicy: policy }, field, index) => [
    ...(repeated[index] ? [duplicate(field, resourceName)] : []),
    ...oneOf(at, resourceName, ['cpu', 'memory']),
    ...oneOf(at, policy, ['NotRequired', 'RestartContainer']),
    ...(restartPolicy === 'Never' && policy !== 'NotRequired'
      ? [invalidValue(at, policy ?? '', "must be 'NotRequired' when `restartPolicy` is 'Never'")]
      : []),
  ])
}

/** No two containers of a pod take the same port of the host. */
function hostPorts(containers: Spec[], at: string): FieldError[] {
  const taken = new Set<string>()
  return each(containers, at, ({ ports = [] }, container) =>
    each(ports, `${container}.ports`, ({ hostPort, hostIP = '', protocol }, field) => {
      if (!hostPort) return []
      const port = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(port)) return [duplicate(`${field}.hostPort`, port)]
      taken.add(port)
      return []
    }),
  )
}

const NOT_EPHEMERAL = ['ports', 'resources', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle']

function ephemeral(container: Spec, targets: string[], at: string): FieldError[] {
  const { targetContainerName: target, volumeMounts = [] } = container
  const why = 'cannot be set for an Ephemeral Container'
  return [
    ...(target && !targets.includes(target) ? [notFoundValue(`${at}.targetContainerName`, target)] : []),
    ...NOT_EPHEMERAL.filter((field) => container[field] !== undefined && !equalJson(container[field], {})).map(
      (field) => forbiddenField(`${at}.${field}`, why),
    ),
    ...each(volumeMounts, `${at}.volumeMounts`, (mount, field) =>
      ['subPath', 'subPathExpr'].filter((part) => mount[part]).map((part) => forbiddenField(`${field}.${part}`, why)),
    ),
  ]
}
