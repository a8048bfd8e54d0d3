import type { Spec } from '../defaults/spec.ts'
import { byteWarnings } from './container-warnings.ts'
import { MOST_COMPARED, MOST_WARNINGS } from './rule.ts'

const GONE: ReadonlyMap<string, string> = new Map([
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
])

/** Kinds of storage that are no more; volumes of pods and PersistentVolumes name them alike. */
export function sourceWarnings(source: Spec, at: string, kinds: string[] = [...GONE.keys()]): string[] {
  return kinds.filter((kind) => source[kind]).map((kind) => `${at}.${NAMES[kind] ?? kind}: ${GONE.get(kind)}`)
}

/** Kubernetes says its own name of a field here. */
const NAMES: Record<string, string> = { storageos: 'storageOS' }

export function volumeWarnings(volume: Spec, at: string): string[] {
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec
  return [
    ...sourceWarnings(volume, at),
    ...(claim ? claimWarnings(claim, `${at}.ephemeral.volumeClaimTemplate.spec`) : []),
  ]
}

export const claimWarnings = ({ resources }: Spec, at: string): string[] =>
  ['requests', 'limits'].flatMap((field) => byteWarnings(`${at}.resources.${field}`, resources?.[field], ['storage']))

interface Path {
  path: string
  source: string
}

/** Files of one volume that would be in each other's place. */
export function pathWarnings(volume: Spec): string[] {
  const { name, configMap, secret, downwardAPI, projected } = volume
  const of = (what: string, items: Spec[] = []) => overlaps(name, what, pathsOf(items))
  return [
    ...of(`ConfigMap "${configMap?.name}"`, configMap?.items),
    ...of(`Secret "${secret?.secretName}"`, secret?.items),
    ...of('DownwardAPI', downwardAPI?.items),
    ...((projected?.sources ?? []) as Spec[])
      .filter((source) => Object.keys(source).length === 0)
      .map(() => `volume "${name}" (Projected) has no sources provided`),
    ...overlaps(name, 'Projected', ((projected?.sources ?? []) as Spec[]).flatMap(projectedPaths)),
  ]
}

function overlaps(volume: string, what: string, paths: Path[]): string[] {
  const trimmed = paths
    .slice(0, MOST_COMPARED)
    .map(({ path, source }) => ({ path: path.replace(/\/+$/, ''), source }))
    .filter(({ path }) => path)
  const warnings: string[] = []
  for (const [index, one] of trimmed.entries()) {
    if (warnings.length >= MOST_WARNINGS) break
    for (const other of trimmed.slice(0, index).filter(({ path }) => within(one.path, path))) {
      warnings.push(`volume "${volume}" (${what}): overlapping paths: ${shown(one)} with ${shown(other)}`)
    }
  }
  return warnings
}

const within = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`)
const shown = ({ path, source }: Path): string => `"${path}"${source && ` (${source})`}`
const pathsOf = (items: Spec[] = [], source = ''): Path[] => items.map(({ path = '' }) => ({ path, source }))

function projectedPaths({ configMap, secret, downwardAPI, serviceAccountToken: token }: Spec): Path[] {
  if (configMap?.items) return pathsOf(configMap.items, `ConfigMap "${configMap.name}"`)
  if (secret?.items) return pathsOf(secret.items, `Secret "${secret.name}"`)
  if (downwardAPI?.items) return pathsOf(downwardAPI.items, 'DownwardAPI')
  return token ? [{ path: token.path, source: 'ServiceAccountToken' }] : []
}
