import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { User } from '../api/request.ts'
import type { FrontProxy } from '../certificates.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { type ObjectService, typeMeta } from '../storage/object-service.ts'
import { systemWrite } from '../storage/write-options.ts'

/** The common name by which servers behind this one know it. */
export const FRONT_PROXY_USER = 'front-proxy-client'

/** Says to a server behind this one who asks (client-go's transport.SetAuthProxyHeaders). */
export function identityHeaders({ name, uid, groups, extra = {} }: User): Record<string, string | string[]> {
  return {
    'x-remote-user': name,
    ...(uid && { 'x-remote-uid': uid }),
    ...(groups.length > 0 && { 'x-remote-group': groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`x-remote-extra-${encodeURIComponent(key)}`, values]),
    ),
  }
}

/** By which servers behind this one check clients. */
function delegatedAuthentication(clientCa: string, { ca }: FrontProxy): Record<string, string> {
  return {
    'client-ca-file': clientCa,
    'requestheader-allowed-names': JSON.stringify([FRONT_PROXY_USER]),
    'requestheader-client-ca-file': ca,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  }
}

/** Writes it down where servers that start in the cluster look for it. */
export async function publishAuthentication(
  objects: ObjectService,
  registry: ResourceRegistry,
  { ca, frontProxy }: { ca: string; frontProxy: FrontProxy },
): Promise<void> {
  const resource = registry.storedType('', 'configmaps') as Resource
  const place = { name: 'extension-apiserver-authentication', namespace: 'kube-system' }
  const data = delegatedAuthentication(ca, frontProxy)
  await objects.update(
    { resource, ...place },
    (current) => {
      if (current && equalJson(current.data, data)) return undefined
      return { ...typeMeta(resource), metadata: place, ...current, data } as KubeObject
    },
    systemWrite,
  )
}
