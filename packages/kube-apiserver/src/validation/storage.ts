import { posix } from 'node:path'
import { parseQuantity, qualifiedNameErrors, quantityValue, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooLong } from './field-errors.ts'
import { repeats } from './repeats.ts'
import { amount, positiveQuantity } from './resources.ts'
import { label, notNegative, qualified, requiredText, subdomain, text } from './values.ts'
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
    ...attached(source, `${at}.source`),
    ...subdomain(`${at}.source.persistentVolumeName`, source.persistentVolumeName),
    ...subdomainNameErrors(nodeName ?? '').map((why) => invalidValue(`${at}.nodeName`, nodeName ?? '', why)),
  ],
  'storage/v1.CSIDriverSpec': ({ volumeLifecycleModes = [], fsGroupPolicy, tokenRequests = [] }, at) => [
    ...(fsGroupPolicy !== undefined && !GROUP_POLICIES.includes(fsGroupPolicy)
      ? [notSupported(`${at}.fsGroupPolicy`, fsGroupPolicy, GROUP_POLICIES)]
      : []),
    ...tokenErrors(tokenRequests, `${at}.tokenRequests`),
    ...volumeLifecycleModes
      .filter((mode: string) => mode !== 'Persistent' && mode !== 'Ephemeral')
      .map((mode: string) => notSupported(`${at}.volumeLifecycleModes`, mode, ['Persistent', 'Ephemeral'])),
  ],
  'storage/v1.CSINodeSpec': ({ drivers = [] }, at) => nodeDriverErrors(drivers, `${at}.drivers`),
  'storage/v1.CSIStorageCapacity': ({ storageClassName = '', capacity }) => [
    ...subdomainNameErrors(storageClassName).map((why) => invalidValue('storageClassName', storageClassName, why)),
    ...(capacity !== undefined && parseQuantity(capacity) < 0n
      ? [invalidValue('capacity', capacity, 'must be greater than or equal to 0')]
      : []),
  ],
}

function tokenErrors(requests: Spec[], at: string): FieldError[] {
  const repeated = repeats(requests, ({ audience = '' }) => audience)
  return requests.flatMap(({ audience = '', expirationSeconds }, index) => [
    ...(repeated[index] ? [duplicate(`${at}[${index}].audience`, audience)] : []),
    ...tokenLifetime(expirationSeconds, `${at}[${index}].expirationSeconds`),
  ])
}

function nodeDriverErrors(drivers: Spec[], at: string): FieldError[] {
  const repeated = repeats(drivers, ({ name }) => name)
  return drivers.flatMap(({ name, nodeID, allocatable, topologyKeys: keys = [] }, index) => [
    ...driverName(`${at}[${index}].name`, name),
    ...requiredText(`${at}[${index}].nodeID`, nodeID),
    ...(nodeID?.length > 256 ? [invalidValue(`${at}[${index}].nodeID`, nodeID, 'must be 256 characters or less')] : []),
    ...notNegative(`${at}[${index}].allocatable.count`, allocatable?.count),
    ...(repeated[index] ? [duplicate(`${at}[${index}].name`, name)] : []),
    ...topologyKeys(keys, `${at}[${index}]`),
  ])
}

/** The path is Kubernetes'. */
function topologyKeys(keys: string[], at: string): FieldError[] {
  const repeated = repeats(keys)
  return keys.flatMap((key, index) => [
    ...(key ? [] : [required(at)]),
    ...(repeated[index] ? [duplicate(at, key)] : []),
    ...qualified(at, key),
  ])
}

function attached({ persistentVolumeName: name, inlineVolumeSpec: inline }: Spec, at: string): FieldError[] {
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inline && name !== undefined) return [forbiddenField(at, one)]
  if (inline) return inlineVolume(inline, `${at}.inlineVolumeSpec`)
  if (name === undefined) return [required(at, one)]
  return name ? [] : [required(`${at}.persistentVolumeName`, 'must specify non empty persistentVolumeName')]
}

/** Of a volume that a pod has without an object of its own, all but its driver is known. */
function inlineVolume(spec: Spec, at: string): FieldError[] {
  const never = 'may not be specified in the context of inline volumes'
  const { csi, persistentVolumeReclaimPolicy: policy, volumeMode } = spec
  const strays = ['claimRef', 'capacity', 'nodeAffinity', 'storageClassName'].filter((field) => spec[field])
  return [
    ...strays.map((field) => forbiddenField(`${at}.${field}`, never)),
    ...(csi ? [] : [required(`${at}.csi`, 'has to be specified in the context of inline volumes')]),
    ...(policy && policy !== 'Retain'
      ? [forbiddenField(`${at}.persistentVolumeReclaimPolicy`, 'may only be Retain in the context of inline volumes')]
      : []),
    ...(volumeMode !== undefined && volumeMode !== 'Filesystem'
      ? [
          forbiddenField(
            `${at}.volumeMode`,
            'may not specify volumeMode other than Filesystem in the context of inline volumes',
          ),
        ]
      : []),
  ]
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

function topologies(terms: Spec[]): FieldError[] {
  const repeated = repeats(terms, ({ matchLabelExpressions = [] }) => JSON.stringify(matchLabelExpressions))
  return terms.flatMap((term, index) => {
    const at = `allowedTopologies[${index}].matchLabelExpressions`
    const expressions: Spec[] = term.matchLabelExpressions ?? []
    const repeatedKeys = repeats(expressions, ({ key = '' }) => key)
    // Go compares with a list that begins with as many empty terms as there are terms.
    const empty = expressions.length === 0
    return [
      ...expressions.flatMap(({ key = '', values = [] }, place) => [
        ...(values.length === 0 ? [required(`${at}[${place}].values`)] : []),
        ...repeats(values as string[]).flatMap((isRepeated, which) =>
          isRepeated ? [duplicate(`${at}[${place}].values[${which}]`, values[which])] : [],
        ),
        ...qualified(`${at}[${place}].key`, key),
        ...(repeatedKeys[place] ? [duplicate(`${at}[${place}].key`, key)] : []),
      ]),
      ...(repeated[index] || empty ? [duplicate(at, '')] : []),
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
  const common = [
    ...(modes.length === 0 ? [required(`${at}.accessModes`)] : []),
    ...accessModes(modes, `${at}.accessModes`),
  ]
  if (at.endsWith('.inlineVolumeSpec')) return [...common, ...oneSource(spec, SOURCES, at, 'flexVolume')]
  return [
    ...common,
    ...(sizes.length === 0 ? [required(`${at}.capacity`)] : []),
    ...(sizes.length !== 1 || capacity.storage === undefined
      ? [notSupported(`${at}.capacity`, spec.capacity ?? null, ['storage'])]
      : []),
    ...sizes.flatMap(([name, size]) => [
      ...notNegativeSize(`${at}.capacity[${name}]`, size),
      ...positiveQuantity(`${at}.capacity[${name}]`, size),
    ]),
    ...oneSource(spec, SOURCES, at, 'flexVolume'),
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
  const {
    accessModes: modes = [],
    resources,
    storageClassName,
    dataSource,
    dataSourceRef,
    volumeAttributesClassName: attributes,
  } = spec
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
    ...contradiction(spec, at),
    ...subdomain(`${at}.volumeAttributesClassName`, attributes || undefined),
  ]
}

/** A source in another namespace is told in the newer field only; what is shown of it is Kubernetes'. */
function contradiction({ dataSource, dataSourceRef }: Spec, at: string): FieldError[] {
  if (!dataSource || !dataSourceRef) return []
  const fault = (why: string) => [invalidValue(at, {}, why)]
  if (dataSourceRef.namespace) return fault('may not be specified when dataSourceRef.namespace is specified')
  return SAME_SOURCE.every((part) => dataSource[part] === dataSourceRef[part]) ? [] : fault('must match dataSourceRef')
}

const SAME_SOURCE = ['apiGroup', 'kind', 'name']

function sourceReference({ name, kind, apiGroup, namespace }: Spec, at: string): FieldError[] {
  const why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
  return [
    ...requiredText(`${at}.name`, name),
    ...requiredText(`${at}.kind`, kind),
    ...(!apiGroup && kind !== 'PersistentVolumeClaim' ? [invalidValue(at, kind ?? '', why)] : []),
    ...text(`${at}.apiGroup`, apiGroup || undefined, subdomainNameErrors),
    ...label(`${at}.namespace`, namespace || undefined),
  ]
}
