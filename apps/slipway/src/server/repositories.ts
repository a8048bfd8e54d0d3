import { UserError } from '@slipway/errors'
import { type KubeClient, retryOnConflict } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { SYSTEM_NAMESPACE } from '../access/access-objects.ts'

export interface DeployKey {
  name: string
  publicKey: string
  access: 'read' | 'write'
}

/** What Repository objects look like to the commands. */
export interface Repository extends KubeObject {
  spec: { repositoryName: string; defaultBranch?: string; deployKeys?: DeployKey[] }
  status: {
    observedGeneration?: number
    httpUrl: string
    sshUrl: string
    refs?: { name: string; commit: string; pushedAt: string; pushedBy: string }[]
  }
}

const KIND = { apiVersion: 'slipway.dev/v1alpha1', kind: 'Repository' }

export function repositoryObject(name: string, options: { namespace: string; defaultBranch: string }): KubeObject {
  return {
    ...KIND,
    metadata: { name: name.toLowerCase(), namespace: options.namespace },
    spec: { repositoryName: name, defaultBranch: options.defaultBranch },
  }
}

/** Throws UserError REPOSITORY_NOT_FOUND. */
export async function getRepository(client: KubeClient, name: string): Promise<Repository> {
  const repository = await client.get<Repository>({ ...KIND, namespace: SYSTEM_NAMESPACE, name: name.toLowerCase() })
  if (repository) return repository
  throw new UserError('REPOSITORY_NOT_FOUND', `repository "${name}" does not exist`, {
    hint: `create it with: slipway repo create ${name}`,
  })
}

/** Resolves when the git host serves the repository. */
export async function waitForRepository(client: KubeClient, name: string): Promise<Repository> {
  const repository = await getRepository(client, name)
  if (repository.status?.httpUrl) return repository
  const query = {
    ...KIND,
    namespace: SYSTEM_NAMESPACE,
    fieldSelector: `metadata.name=${name.toLowerCase()}`,
    resourceVersion: repository.metadata.resourceVersion ?? '0',
  }
  for await (const event of client.watch<Repository>(query, AbortSignal.timeout(30_000))) {
    if (event.type === 'MODIFIED' && event.object.status?.httpUrl) return event.object
  }
  return getRepository(client, name)
}

/** Adds a deploy key, or gives the one of that name a new key or access. */
export async function addDeployKey(client: KubeClient, repositoryName: string, key: DeployKey): Promise<void> {
  // The controller writes the status of a new repository meanwhile.
  await retryOnConflict(async () => {
    const { metadata, spec } = await getRepository(client, repositoryName)
    const deployKeys = [...(spec.deployKeys ?? []).filter(({ name }) => name !== key.name), key]
    await client.patch({ ...KIND, namespace: SYSTEM_NAMESPACE, name: metadata.name }, 'merge', {
      metadata: { resourceVersion: metadata.resourceVersion },
      spec: { deployKeys },
    })
  })
}
