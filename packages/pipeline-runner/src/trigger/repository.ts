import type { KubeObject } from '@slipway/kube-objects'

/** What this package needs of a Repository, which belongs to the git host. */
export interface Repository extends KubeObject {
  spec: { repositoryName: string; defaultBranch?: string; protectedBranches?: string[] }
  status?: { refs?: { name: string; commit: string; pushedAt?: string; pushedBy?: string }[] }
}

export type RepositoryRef = NonNullable<NonNullable<Repository['status']>['refs']>[number]
