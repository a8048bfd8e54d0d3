import { UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { API_VERSION } from './model.ts'
import type { RunnerOptions, ServiceConnection } from './options.ts'

interface ServiceConnectionObject extends KubeObject {
  spec: {
    type: 'azure'
    environment?: string
    tenantId: string
    servicePrincipalId: string
    subscriptionId?: string
    /** The Secret of the same namespace that holds the key. */
    secretRef: { name: string; key?: string }
  }
}

const DEFAULT_KEY = 'servicePrincipalKey'

/** Service connections from ServiceConnection objects; names without an object are left to `fallback`, the embedded services. */
export function serviceConnections(
  client: KubeClient,
  namespace: string,
  fallback: RunnerOptions['connections'],
): RunnerOptions['connections'] {
  return async (name): Promise<ServiceConnection | undefined> => {
    const objectName = name.toLowerCase()
    // A name that no object can have.
    const isObjectName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(objectName)
    const object = isObjectName
      ? await client.get<ServiceConnectionObject>({
          apiVersion: API_VERSION,
          kind: 'ServiceConnection',
          namespace,
          name: objectName,
        })
      : undefined
    if (!object) return fallback(name)
    const { environment, tenantId, servicePrincipalId, subscriptionId, secretRef } = object.spec
    const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace, name: secretRef.name })
    const key = (secret?.data as Record<string, string> | undefined)?.[secretRef.key ?? DEFAULT_KEY]
    if (key === undefined) {
      const message = `the secret ${namespace}/${secretRef.name} has no ${secretRef.key ?? DEFAULT_KEY}`
      throw new UserError('CONNECTION_INCOMPLETE', message, {
        at: { object: `ServiceConnection/${namespace}/${objectName}` },
      })
    }
    return {
      kind: 'azure',
      tenantId,
      servicePrincipalId,
      servicePrincipalKey: Buffer.from(key, 'base64').toString(),
      ...(environment && { environment }),
      ...(subscriptionId && { subscriptionId }),
    }
  }
}
