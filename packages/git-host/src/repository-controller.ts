import { Controller, type Log, type ReconcileContext, type Reconciler } from '@slipway/controller-runtime'
import { UserError } from '@slipway/errors'
import { isValidRefName, isValidRepositoryName } from '@slipway/git-format'
import type { Informer, InformerSet, KubeClient } from '@slipway/kube-client'
import type { GitHost, HostedRepository, PushEvent } from './git-host.ts'
import type { StoredRef } from './repository-folder.ts'
import type { Repository, RepositoryRef } from './repository-kind.ts'
import { normalizePublicKey } from './ssh-key.ts'

/** On a Repository: its data goes with it. Without it, deleting the object only stops serving the repository. */
export const DELETE_DATA_ANNOTATION = 'slipway.dev/delete-data'

const QUERY = { apiVersion: 'slipway.dev/v1alpha1', kind: 'Repository' }

export interface RepositoryControllerDeps {
  client: KubeClient
  informers: InformerSet
  host: GitHost
  log?: Log
}

export interface RepositoryControllerOptions {
  /** Where {@link gitRoutes} is reached, such as `http://127.0.0.1:7080/git/`. */
  httpUrl: string
  /** Where the SSH server is reached, such as `ssh://git@127.0.0.1:7022/`. */
  sshUrl: string
}

/** Serves the repositories that Repository objects ask for, and writes into their status what was pushed. */
export function repositoryControllers(
  deps: RepositoryControllerDeps,
  options: RepositoryControllerOptions,
): Controller[] {
  const { client, informers, host, log } = deps
  const objects = informers.for<Repository>(QUERY)
  const pushes = new Map<string, PushEvent>()
  const controller = new Controller<Repository>({
    name: 'git-host',
    client,
    informers,
    query: QUERY,
    finalizer: 'slipway.dev/git-host',
    reconciler: repositoryReconciler({ host, objects, pushes }, options),
    ...(log && { log }),
  })
  // Requests are answered from what the informer holds, not from what has been reconciled already.
  objects.on(({ object, previous }) => {
    for (const name of new Set([previous?.spec.repositoryName ?? '', object.spec.repositoryName])) {
      const owner = ownerOf(objects, name)
      if (owner && !owner.metadata.deletionTimestamp && isValidRepositoryName(name)) host.serve(hosted(owner))
      else host.withdraw(name)
      // Who wanted the name too may have it now.
      if (owner && owner.metadata.uid !== object.metadata.uid) controller.enqueue(owner.metadata)
    }
  })
  host.onPush((event) => {
    for (const { ref } of event.updates) pushes.set(`${event.repository}\0${ref}`, event)
    const owner = ownerOf(objects, event.repository)
    if (owner) controller.enqueue(owner.metadata)
  })
  return [controller as unknown as Controller]
}

interface Deps {
  host: GitHost
  objects: Informer<Repository>
  /** The last push of each ref, by repository and ref; the disk knows the second only. */
  pushes: Map<string, PushEvent>
}

/** Keeps one Repository in step with the bare repository on disk. */
function repositoryReconciler(
  { host, objects, pushes }: Deps,
  options: RepositoryControllerOptions,
): Reconciler<Repository> {
  return {
    async reconcile(repository, context) {
      checkSpec(repository)
      checkOwner(repository, objects)
      const { repositoryName, defaultBranch = 'master' } = repository.spec
      await host.folder.ensure(repositoryName, defaultBranch)
      const stored = await host.folder.refs(repositoryName)
      forgetGone(pushes, repositoryName, stored)
      const refs = stored.map((ref) => describeRef(ref, pushes.get(`${repositoryName}\0${ref.name}`), repository))
      await writeStatus(repository, context, {
        refs,
        httpUrl: `${options.httpUrl}${repositoryName}`,
        sshUrl: `${options.sshUrl}${repositoryName}`,
      })
      return {
        kind: 'ready',
        reason: 'Served',
        message: `the repository is served at ${options.httpUrl}${repositoryName}`,
      }
    },

    async finalize(repository) {
      const { repositoryName } = repository.spec
      if (ownerOf(objects, repositoryName)?.metadata.uid !== repository.metadata.uid) return
      host.withdraw(repositoryName)
      if (repository.metadata.annotations?.[DELETE_DATA_ANNOTATION] === 'true') await host.folder.remove(repositoryName)
    },
  }
}

/** Branches come and go: of those that are gone, nobody asks who pushed them. */
function forgetGone(pushes: Map<string, PushEvent>, repository: string, refs: StoredRef[]): void {
  const present = new Set(refs.map(({ name }) => name))
  for (const key of pushes.keys()) {
    const [name, ref = ''] = key.split('\0')
    if (name === repository && !present.has(ref)) pushes.delete(key)
  }
}

/** Of several objects that want one name, the oldest has it. */
function ownerOf(objects: Informer<Repository>, name: string): Repository | undefined {
  return objects
    .list()
    .filter(({ spec }) => spec.repositoryName.toLowerCase() === name.toLowerCase())
    .sort((a, b) => age(a).localeCompare(age(b)))[0]
}

function age({ metadata }: Repository): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.namespace}/${metadata.name}`
}

function hosted({ spec }: Repository): HostedRepository {
  const { repositoryName: name, defaultBranch, deployKeys, protectedBranches } = spec
  return {
    name,
    ...(defaultBranch && { defaultBranch }),
    ...(deployKeys && { deployKeys }),
    ...(protectedBranches && { protectedBranches }),
  }
}

function checkSpec({ spec }: Repository): void {
  const { repositoryName, defaultBranch = 'master', deployKeys = [] } = spec
  if (!isValidRepositoryName(repositoryName)) {
    throw new UserError('REPOSITORY_INVALID', `spec.repositoryName: '${repositoryName}' can be no repository name`)
  }
  if (!isValidRefName(`refs/heads/${defaultBranch}`)) {
    throw new UserError('REPOSITORY_INVALID', `spec.defaultBranch: '${defaultBranch}' can be no branch name`)
  }
  const broken = deployKeys.find(({ publicKey }) => !normalizePublicKey(publicKey))
  if (broken) {
    throw new UserError('REPOSITORY_INVALID', `spec.deployKeys: '${broken.name}' holds no public SSH key`, {
      hint: 'use the line of the .pub file',
    })
  }
}

function checkOwner(repository: Repository, objects: Informer<Repository>): void {
  const owner = ownerOf(objects, repository.spec.repositoryName)
  if (!owner || owner.metadata.uid === repository.metadata.uid) return
  const { namespace, name } = owner.metadata
  throw new UserError(
    'REPOSITORY_NAME_TAKEN',
    `spec.repositoryName: '${repository.spec.repositoryName}' belongs to Repository ${namespace}/${name}`,
  )
}

/** Who moved a ref, best first: the push itself, what the status says already, the reflog. */
function describeRef(ref: StoredRef, push: PushEvent | undefined, { status }: Repository): RepositoryRef {
  const { name, commit } = ref
  if (push?.updates.some((update) => update.ref === name && update.newId === commit)) {
    return { name, commit, pushedAt: push.at, pushedBy: push.by }
  }
  const known = status?.refs?.find((candidate) => candidate.name === name && candidate.commit === commit)
  return known ?? { name, commit, pushedAt: ref.pushedAt ?? new Date().toISOString(), pushedBy: ref.pushedBy ?? '' }
}

async function writeStatus(
  { status = {} }: Repository,
  context: ReconcileContext<Repository>,
  wanted: Required<Pick<NonNullable<Repository['status']>, 'refs' | 'httpUrl' | 'sshUrl'>>,
): Promise<void> {
  const { refs, httpUrl, sshUrl } = status
  if (JSON.stringify({ refs, httpUrl, sshUrl }) !== JSON.stringify(wanted)) await context.patchStatus(wanted)
}
