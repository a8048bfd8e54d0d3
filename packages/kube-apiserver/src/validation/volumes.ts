import { labelNameErrors, parseQuantity, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { fieldReference, OF_VOLUMES, resourceReference } from './env.ts'
import { duplicate, forbiddenField, invalidValue, required, tooLong } from './field-errors.ts'
import { repeats } from './repeats.ts'
import { fileMode, fileWithin, pathForward, requiredText, templateMetadata } from './values.ts'

const withMode = (source: Spec, at: string): FieldError[] => fileMode(`${at}.defaultMode`, source.defaultMode)

/** What the storage of older kinds must at least say. */
const NEEDED: Record<string, string[]> = {
  ISCSIVolumeSource: ['targetPortal', 'iqn'],
  ISCSIPersistentVolumeSource: ['targetPortal', 'iqn'],
  GlusterfsVolumeSource: ['endpoints', 'path'],
  GlusterfsPersistentVolumeSource: ['endpoints', 'path'],
  RBDVolumeSource: ['monitors', 'image'],
  RBDPersistentVolumeSource: ['monitors', 'image'],
  CinderVolumeSource: ['volumeID'],
  CinderPersistentVolumeSource: ['volumeID'],
  CephFSVolumeSource: ['monitors'],
  CephFSPersistentVolumeSource: ['monitors'],
  FlexVolumeSource: ['driver'],
  FlexPersistentVolumeSource: ['driver'],
  AzureFileVolumeSource: ['secretName', 'shareName'],
  AzureFilePersistentVolumeSource: ['secretName', 'shareName'],
  AzureDiskVolumeSource: ['diskName', 'diskURI'],
  VsphereVirtualDiskVolumeSource: ['volumePath'],
  PhotonPersistentDiskVolumeSource: ['pdID'],
  PortworxVolumeSource: ['volumeID'],
  ScaleIOVolumeSource: ['gateway', 'system', 'volumeName'],
  ScaleIOPersistentVolumeSource: ['gateway', 'system', 'volumeName'],
}

const neededRules: TypeRules = Object.fromEntries(
  Object.entries(NEEDED).map(([type, fields]) => [
    `core/v1.${type}`,
    (source: Spec, at: string) =>
      fields.filter((field) => !source[field]?.length).map((field) => required(`${at}.${field}`)),
  ]),
)

/** Where a volume's files come from. */
export const volumeRules: TypeRules = {
  ...neededRules,
  'core/v1.Volume': (volume, at) => oneSource(volume, SOURCES, at),
  'core/v1.SecretVolumeSource': (source, at) => [
    ...requiredText(`${at}.secretName`, source.secretName),
    ...withMode(source, at),
  ],
  'core/v1.ConfigMapVolumeSource': (source, at) => [
    ...requiredText(`${at}.name`, source.name),
    ...withMode(source, at),
  ],
  'core/v1.DownwardAPIVolumeSource': (source, at) => [
    ...withMode(source, at),
    // Kubernetes names the volume for faults of its files.
    ...((source.items ?? []) as Spec[]).flatMap((file) => downwardFile(file, at)),
  ],
  'core/v1.KeyToPath': ({ key, path, mode }, at) => [
    ...requiredText(`${at}.key`, key),
    ...requiredText(`${at}.path`, path),
    ...fileWithin(`${at}.path`, path),
    ...fileMode(`${at}.mode`, mode),
  ],
  'core/v1.ProjectedVolumeSource': projected,
  'core/v1.EmptyDirVolumeSource': ({ sizeLimit = 0 }, at) =>
    parseQuantity(sizeLimit) < 0n
      ? [forbiddenField(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  'core/v1.HostPathVolumeSource': ({ path }, at) => (path ? pathForward(`${at}.path`, path) : [required(`${at}.path`)]),
  'core/v1.NFSVolumeSource': ({ server, path = '' }, at) => [
    ...requiredText(`${at}.server`, server),
    ...requiredText(`${at}.path`, path),
    ...(path.startsWith('/') ? [] : [invalidValue(`${at}.path`, path, 'must be an absolute path')]),
  ],
  'core/v1.PersistentVolumeClaimVolumeSource': ({ claimName }, at) => requiredText(`${at}.claimName`, claimName),
  'core/v1.CSIVolumeSource': ({ driver, nodePublishSecretRef: secret }, at) => [
    ...driverName(`${at}.driver`, driver),
    ...(secret ? requiredText(`${at}.nodePublishSecretRef.name`, secret.name) : []),
  ],
  'core/v1.CSIPersistentVolumeSource': (source, at) => [
    ...driverName(`${at}.driver`, source.driver),
    ...requiredText(`${at}.volumeHandle`, source.volumeHandle),
    ...CSI_SECRETS.filter((field) => source[field]).flatMap((field) => secret(source[field], `${at}.${field}`)),
  ],
  'core/v1.EphemeralVolumeSource': ({ volumeClaimTemplate }, at) =>
    volumeClaimTemplate ? [] : [required(`${at}.volumeClaimTemplate`)],
  'core/v1.PersistentVolumeClaimTemplate': ({ metadata }, at) => templateMetadata(metadata, `${at}.metadata`),
  'core/v1.LocalVolumeSource': ({ path }, at) => (path ? pathForward(`${at}.path`, path) : [required(`${at}.path`)]),
  'core/v1.GitRepoVolumeSource': ({ repository }, at) => requiredText(`${at}.repository`, repository),
  'core/v1.AWSElasticBlockStoreVolumeSource': ({ volumeID }, at) => requiredText(`${at}.volumeID`, volumeID),
  'core/v1.GCEPersistentDiskVolumeSource': ({ pdName }, at) => requiredText(`${at}.pdName`, pdName),
}

/** All but that of nodeStageSecretRef, at which Kubernetes does not look. */
const CSI_SECRETS = [
  ...['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'],
]

const secret = ({ name, namespace }: Spec, at: string): FieldError[] => [
  ...requiredText(`${at}.name`, name, subdomainNameErrors),
  ...requiredText(`${at}.namespace`, namespace, labelNameErrors),
]

/** The kinds of volumes, in the order in which Kubernetes looks at them. */
const SOURCES = [
  ...['emptyDir', 'hostPath', 'gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore', 'secret', 'nfs', 'iscsi'],
  ...['glusterfs', 'flocker', 'persistentVolumeClaim', 'rbd', 'cinder', 'cephfs', 'quobyte', 'downwardAPI', 'fc'],
  ...['flexVolume', 'configMap', 'azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk'],
  ...['storageos', 'projected', 'scaleIO', 'csi', 'ephemeral'],
]

/** That a struct has one of its kinds of sources and no other. */
export function oneSource(holder: Spec, sources: string[], at: string, mindless?: string): FieldError[] {
  const [first, ...more] = sources.filter((source) => holder[source])
  if (!first) return [required(at, 'must specify a volume type')]
  // Kubernetes does not mind what stands before this one, in a PersistentVolume.
  const refused = more.filter((source) => source !== mindless)
  return refused.map((source) => forbiddenField(`${at}.${source}`, 'may not specify more than 1 volume type'))
}

/** Names of a pod's volumes. */
export function volumeNames(volumes: Spec[], at: string): FieldError[] {
  const repeated = repeats(volumes, ({ name }) => name)
  return volumes.flatMap(({ name }, index) => [
    ...requiredText(`${at}[${index}].name`, name, labelNameErrors),
    ...(repeated[index] ? [duplicate(`${at}[${index}].name`, name)] : []),
  ])
}

function downwardFile({ path, fieldRef, resourceFieldRef, mode }: Spec, at: string): FieldError[] {
  return [
    ...requiredText(`${at}.path`, path),
    ...fileWithin(`${at}.path`, path),
    ...(fieldRef ? fieldReference(fieldRef, `${at}.fieldRef`, OF_VOLUMES) : []),
    ...(fieldRef && resourceFieldRef
      ? [invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')]
      : []),
    ...(!fieldRef && resourceFieldRef
      ? resourceReference(resourceFieldRef, `${at}.resourceFieldRef`, { volume: true })
      : []),
    ...(fieldRef || resourceFieldRef ? [] : [required(at, 'one of fieldRef and resourceFieldRef is required')]),
    ...fileMode(`${at}.mode`, mode),
  ]
}

const PROJECTIONS = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken']

function projected(source: Spec, at: string): FieldError[] {
  const taken = new Set<string>()
  const collisions = (paths: unknown[], shown: (path: string) => string) =>
    (paths as string[]).filter(Boolean).flatMap((path) => {
      if (taken.has(path)) return [invalidValue(at, shown(path), 'conflicting duplicate paths')]
      taken.add(path)
      return []
    })
  return [
    ...withMode(source, at),
    ...((source.sources ?? []) as Spec[]).flatMap((one, index) => {
      const field = `${at}.sources[${index}]`
      const { secret, configMap, downwardAPI, serviceAccountToken: token } = one
      const paths = (items: Spec[] = []) => items.map(({ path }) => path)
      return [
        ...(secret ? requiredText(`${field}.secret.name`, secret.name) : []),
        ...collisions(paths(secret?.items), () => secret.name),
        ...(configMap ? requiredText(`${field}.configMap.name`, configMap.name) : []),
        ...collisions(paths(configMap?.items), () => configMap.name),
        ...((downwardAPI?.items ?? []) as Spec[]).flatMap((file) => downwardFile(file, `${field}.downwardAPI`)),
        ...collisions(paths(downwardAPI?.items), (path) => path),
        ...(token ? projectedToken(token, `${field}.serviceAccountToken`, at) : []),
        ...(PROJECTIONS.filter((kind) => one[kind]).length > 1
          ? [forbiddenField(field, 'may not specify more than 1 volume type per source')]
          : []),
      ]
    }),
  ]
}

/** How long a ServiceAccount's token may live, in seconds. */
export function tokenLifetime(seconds: number | undefined, field: string): FieldError[] {
  if (seconds === undefined) return []
  if (seconds < 600) return [invalidValue(field, seconds, 'may not specify a duration less than 10 minutes')]
  return seconds > 2 ** 32 ? [invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds')] : []
}

function projectedToken({ expirationSeconds = 0, path }: Spec, field: string, at: string): FieldError[] {
  return [
    ...tokenLifetime(expirationSeconds, `${field}.expirationSeconds`),
    ...(path ? fileWithin(`${at}.path`, path) : [required(`${at}.path`)]),
  ]
}

/** The name of a CSI driver. */
export function driverName(field: string, name: string | undefined): FieldError[] {
  const lower = (name ?? '').toLowerCase()
  return [
    ...(name ? [] : [required(field)]),
    ...(lower.length > 63 ? [tooLong(field, 63)] : []),
    ...subdomainNameErrors(lower).map((why) => invalidValue(field, name ?? '', why)),
  ]
}
