import { UserError } from '@slipway/errors'
import type { Pod } from '../../model/pod.ts'
import type { DownwardItem, KeyToPath, ProjectedSource, Volume } from '../../model/volume.ts'
import type { ConfigurationReader } from '../configuration/configuration-reader.ts'
import { fieldText, type PodPlace, resourceText } from '../configuration/downward.ts'
import type { VolumeFile } from './atomic-writer.ts'

/** Where the files of a volume come from. */
export interface ProjectionContext {
  pod: Pod
  configuration: ConfigurationReader
  place: PodPlace
  /** A token of the pod's ServiceAccount. */
  token(audience: string | undefined, seconds: number): Promise<string>
}

/** Whether the volume's content is made of objects, and so can change while the pod runs. */
export function isProjection({ configMap, secret, projected, downwardAPI }: Volume): boolean {
  return Boolean(configMap ?? secret ?? projected ?? downwardAPI)
}

/** The files of a volume that is made of objects. Throws UserError POD_CONFIG_MISSING. */
export async function projectedFiles(volume: Volume, context: ProjectionContext): Promise<VolumeFile[]> {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap) return files({ configMap }, configMap.defaultMode, context)
  if (secret) return files({ secret: { ...secret, name: secret.secretName } }, secret.defaultMode, context)
  if (downwardAPI) return files({ downwardAPI }, downwardAPI.defaultMode, context)
  const all: VolumeFile[] = []
  for (const source of projected?.sources ?? []) all.push(...(await files(source, projected?.defaultMode, context)))
  return all
}

async function files(
  source: ProjectedSource,
  mode = 0o644,
  { configuration, pod, place, token }: ProjectionContext,
): Promise<VolumeFile[]> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source
  const reference = configMap ?? secret
  if (reference) {
    const data = await configuration.data(configMap ? 'ConfigMap' : 'Secret', reference.name, reference.optional)
    return keyFiles(data ?? new Map(), reference, mode)
  }
  if (downwardAPI) return (downwardAPI.items ?? []).map((item) => downwardFile(item, { pod, place, mode }))
  if (!serviceAccountToken) return []
  const { path, audience, expirationSeconds = 3600 } = serviceAccountToken
  return [{ path, content: Buffer.from(await token(audience, expirationSeconds)), ...tokenAccess(pod, mode) }]
}

function keyFiles(
  data: ReadonlyMap<string, Buffer>,
  { name, items, optional }: { name: string; items?: KeyToPath[]; optional?: boolean },
  defaultMode: number,
): VolumeFile[] {
  if (!items) return [...data].map(([path, content]) => ({ path, content, mode: defaultMode }))
  return items.flatMap(({ key, path, mode = defaultMode }) => {
    const content = data.get(key)
    if (content) return [{ path, content, mode }]
    if (optional) return []
    throw new UserError('POD_CONFIG_MISSING', `references non-existent config key: ${key} (of "${name}")`)
  })
}

function downwardFile(
  item: DownwardItem,
  { pod, place, mode }: { pod: Pod; place: PodPlace; mode: number },
): VolumeFile {
  const text = item.fieldRef
    ? fieldText(pod, item.fieldRef.fieldPath, place)
    : item.resourceFieldRef
      ? resourceText(pod, item.resourceFieldRef, { place })
      : ''
  return { path: item.path, content: Buffer.from(text), mode: item.mode ?? mode }
}

/** A token is its pod's alone where one user, or a group, is all that has to read it (projected.go, collectData). */
function tokenAccess({ spec }: Pod, mode: number): { mode: number; owner?: number } {
  const users = new Set(
    [...(spec.initContainers ?? []), ...spec.containers].map(
      ({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
    ),
  )
  const [owner] = users.size === 1 ? users : []
  if (owner === undefined && spec.securityContext?.fsGroup === undefined) return { mode }
  return { mode: 0o600, ...(owner !== undefined && { owner }) }
}
