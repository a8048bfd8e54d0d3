import { parseKubeVersion } from '../render/capabilities.ts'
import type { ObjectHead } from './documents.ts'
import { DEPRECATED_APIS } from './generated/deprecated-apis.ts'

/** That an object's API version is deprecated in a version of Kubernetes, in the words of its API server. */
export function deprecationOf({ apiVersion, kind }: ObjectHead, kubeVersion: string): string | undefined {
  const api = `${apiVersion} ${kind}`
  const [since, removed, use] = Object.hasOwn(DEPRECATED_APIS, api) ? (DEPRECATED_APIS[api] ?? []) : []
  const { major, minor } = parseKubeVersion(kubeVersion)
  if (since === undefined || (major === '1' && Number(minor) < since)) return undefined
  const end = removed ? `, unavailable in v1.${removed}+` : ''
  return `${api} is deprecated in v1.${since}+${end}${use ? `; use ${use}` : ''}`
}
