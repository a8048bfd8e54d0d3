import { posix } from 'node:path'
import { qualifiedNameErrors, quantityValue, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooLong } from './field-errors.ts'
import { amount, positiveQuantity } from './resources.ts'
import { notNegative, qualified, requiredText, subdomain, text } from './values.ts'
import { driverName, oneSource, tokenLifetime } from './volumes.ts'

const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options'
/** Volumes that are mounted with options. */
const MOUNTED = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
]

/** Volumes and claims for them, and who provides them. */
export const storageRules: TypeRules = {
  'core/v1.PersistentVolume': ({ metadata, spec = {} }) =>
    metadata?.annotations?.[MOUNT_OPTIONS] === undefined || MOUNTED.some((source) => spec[source])
      ? []
      : [forbiddenField(`metadata.annotations.${MOUNT_OPTIONS}`, 'may not specify mount options for this volume type')],
  'core/v1.PersistentVolumeSpec': volume,
  'core/v1.PersistentVolumeClaimSpec': claim,
  'core/v1.VolumeNodeAffinity': ({ required: selector }, at) =>
    selector ? [] : [required(`${at}.required`, 'must specify required node constraints')],
  'storage/v1.StorageClass': ({ provisioner, reclaimPolicy, parameters = {}, allowedTopologies = [] }) => [
    ...requiredText('provisioner', provisioner?.toLowerCase(), qualifiedNameErrors),
    ...(['', 'Delete', 'Retain'].includes(reclaimPolicy)
      ? []
      : [notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain'])]),
    ...parameterErrors(parameters),
    ...topologies(allowedTopologies),
  ],
  'storage/v1.VolumeAttributesClass': ({ driverName: driver, parameters = {} }) => [
    ...requiredText('driverName', driver?.toLowerCase(), qualifiedNameErrors),
    ...parameterErrors(parameters),
    ...(Object.keys(parameters).length > 0 ? [] : [required('parameters', 'must contain at least one key/value pair')]),
  ],
  'storage/v1.VolumeAttachmentSpec': ({ attacher, source = {}, nodeName }, at) => [
    ...driverName(`${at}.attacher`, attacher),
    ...(!source.persistentVolumeName === !source.inlineVolumeSpec
      ? [required(`${at}.source`, 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')]
      : []),
    ...subdomain(`${at}.source.persistentVolumeName`, source.persistentVolumeName),
    ...subdomainNameErrors(nodeName ?? '').map((why) => invalidValue(`${at}.nodeName`, nodeName ?? '', why)),
  ],
  'storage/v1.CSIDriverSpec': ({ volumeLifecycleModes = [], fsGroupPolicy, tokenRequests = [], ...rest }, at) => [
    ...atLeastTen(rest.nodeAllocatableUpdatePeriodSeconds, `${at}.nodeAllocatableUpdatePeriodSeconds`),
    ...(fsGroupPolicy !== undefined && !GROUP_POLICIES.includes(fsGroupPolicy)
      ? [notSupported(`${at}.fsGroupPolicy`, fsGroupPolicy, GROUP_POLICIES)]
      : []),
    ...tokenRequests.flatMap(({ audience = '', expirationSeconds }: Spec, index: number) => [
      ...(tokenRequests.slice(0, index).some((other: Spec) => (other.audience ?? '') === audience)
        ? [duplicate(`${at}.tokenRequests[${index}].audience`, audience)]
        : []),
      ...tokenLifetime(expirationSeconds, `${at}.tokenRequests[${index}].expirationSeconds`),
    ]),
    ...volumeLifecycleModes
      .filter((mode: string) => mode !== 'Persistent' && mode !== 'Ephemeral')
      .map((mode: string) => notSupported(`${at}.volumeLifecycleModes`, mode, ['Persistent', 'Ephemeral'])),
  ],
  'storage/v1.CSINodeSpec': ({ drivers = [] }, at) =>
    drivers.flatMap((driver: Spec, index: number) => [
      ...driverName(`${at}.drivers[${index}].name`, driver.name),
      ...requiredText(`${at}.drivers[${index}].nodeID`, driver.nodeID),
      ...(driver.nodeID?.length > 256
        ? [invalidValue(`${at}.drivers[${index}].nodeID`, driver.nodeID, 'must be 256 characters or less')]
        : []),
      ...notNegative(`${at}.drivers[${index}].allocatable.count`, driver.allocatable?.count),
      ...(drivers.slice(0, index).some((other: Spec) => other.name === driver.name)
        ? [duplicate(`${at}.drivers[${index}].name`, driver.name)]
        : []),
    ]),
}

const MOST_PARAMETERS = 512
const MOST_BYTES = 256 * 1024

function parameterErrors(parameters: Record<string, string>): FieldError[] {
  const entries = Object.entries(parameters)
  if (entries.length > MOST_PARAMETERS) return [tooLong('parameters', MOST_PARAMETERS)]
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  return [
    ...('' in parameters ? [invalidValue('parameters', '', 'field can not be empty.')] : []),
    ...(bytes > MOST_BYTES ? [tooLong('parameters', MOST_BYTES)] : []),
  ]
}

const atLeastTen = (seconds: number | undefined, at: string): FieldError[] =>
  seconds !== undefined && seconds < 10
    ? [invalidValue(at, seconds, 'must be greater than or equal to 10 seconds')]
    : []

function topologies(terms: Spec[]): FieldError[] {
  return terms.flatMap((term, index) => {
    const at = `allowedTopologies[${index}].matchLabelExpressions`
    const expressions: Spec[] = term.matchLabelExpressions ?? []
    const shown = JSON.stringify(expressions)
    const repeated = terms.slice(0, index).some((other) => JSON.stringify(other.matchLabelExpressions ?? []) === shown)
    // Go compares with a list that begins with as many empty terms as there are terms.
    const empty = expressions.length === 0
    return [
      ...expressions.flatMap(({ key = '', values = [] }, place) => [
        ...(values.length === 0 ? [required(`${at}[${place}].values`)] : []),
        ...values.flatMap((value: string, which: number) =>
          values.indexOf(value) < which ? [duplicate(`${at}[${place}].values[${which}]`, value)] : [],
        ),
        ...qualified(`${at}[${place}].key`, key),
        ...(expressions.slice(0, place).some((other) => other.key === key)
          ? [duplicate(`${at}[${place}].key`, key)]
          : []),
      ]),
      ...(repeated || empty ? [duplicate(at, '')] : []),
    ]
  })
}

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType']
const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

function accessModes(modes: string[], at: string): FieldError[] {
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode))
  const mixed = known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod')
  return [
    ...modes.filter((mode) => !ACCESS_MODES.includes(mode)).map((mode) => notSupported(at, mode, ACCESS_MODES)),
    ...(mixed ? [forbiddenField(at, 'may not use ReadWriteOncePod with other access modes')] : []),
  ]
}

const SOURCES = [
  ...['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'flocker', 'nfs', 'rbd', 'quobyte'],
  ...['cephfs', 'iscsi', 'cinder', 'fc', 'flexVolume', 'azureFile', 'vsphereVolume', 'photonPersistentDisk'],
  ...['portworxVolume', 'azureDisk', 'scaleIO', 'local', 'storageos', 'csi'],
]

function volume(spec: Spec, at: string): FieldError[] {
  const { accessModes: modes = [], capacity = {}, storageClassName, local, nodeAffinity } = spec
  const sizes = Object.entries(capacity as Record<string, string>)
  return [
    ...(modes.length === 0 ? [required(`${at}.accessModes`)] : []),
    ...accessModes(modes, `${at}.accessModes`),
    ...(sizes.length === 0 ? [required(`${at}.capacity`)] : []),
    ...(sizes.length !== 1 || capacity.storage === undefined
      ? [notSupported(`${at}.capacity`, spec.capacity ?? null, ['storage'])]
      : []),
    ...sizes.flatMap(([name, size]) => [
      ...notNegativeSize(`${at}.capacity[${name}]`, size),
      ...positiveQuantity(`${at}.capacity[${name}]`, size),
    ]),
    ...oneSource(spec, SOURCES, at),
    ...(local && !nodeAffinity ? [required(`${at}.nodeAffinity`, 'Local volume requires node affinity')] : []),
    ...recycled(spec, at),
    ...subdomain(`${at}.storageClassName`, storageClassName),
    ...attributesClass(spec, at),
  ]
}

function recycled({ hostPath, persistentVolumeReclaimPolicy: policy }: Spec, at: string): FieldError[] {
  if (policy !== 'Recycle' || posix.join('/', hostPath?.path ?? 'x') !== '/') return []
  return [forbiddenField(`${at}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")]
}

function attributesClass({ volumeAttributesClassName: name, csi }: Spec, at: string): FieldError[] {
  if (name === undefined) return []
  const field = `${at}.volumeAttributesClassName`
  return [
    ...(name === '' ? [required(field, 'an empty string is disallowed')] : subdomain(field, name)),
    ...(csi ? [] : [required(`${at}.csi`, 'has to be specified when using volumeAttributesClassName')]),
  ]
}

function notNegativeSize(field: string, size: string): FieldError[] {
  const value = quantityValue(size)
  return value < 0 ? [invalidValue(field, value, 'must be a valid resource quantity')] : []
}

function claim(spec: Spec, at: string): FieldError[] {
  const { accessModes: modes = [], resources, storageClassName, dataSource, dataSourceRef } = spec
  const field = `${at}.resources[storage]`
  const storage = resources?.requests?.storage
  const positive = storage === undefined ? [required(field)] : positiveQuantity(field, storage)
  return [
    ...(modes.length === 0 ? [required(`${at}.accessModes`, 'at least 1 access mode is required')] : []),
    ...accessModes(modes, `${at}.accessModes`),
    ...(positive.length > 0 ? positive : amount(field, 'storage', storage)),
    // An empty name asks for a volume of no class.
    ...subdomain(`${at}.storageClassName`, storageClassName || undefined),
    ...(dataSource ? sourceReference(dataSource, `${at}.dataSource`) : []),
    ...(dataSourceRef ? sourceReference(dataSourceRef, `${at}.dataSourceRef`) : []),
  ]
}

function sourceReference({ name, kind, apiGroup }: Spec, at: string): FieldError[] {
  const why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
  return [
    ...requiredText(`${at}.name`, name),
    ...requiredText(`${at}.kind`, kind),
    ...(!apiGroup && kind !== 'PersistentVolumeClaim' ? [invalidValue(at, kind ?? '', why)] : []),
    ...text(`${at}.apiGroup`, apiGroup || undefined, subdomainNameErrors),
  ]
}
