import { type Log, type ReconcileContext, type Reconciler, timerDelay } from '@slipway/controller-runtime'
import { SlipwayError, UserError } from '@slipway/errors'
import type { FetchOptions, GitClient } from '@slipway/git-client'
import type { Informer } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { archive } from './archive.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { failedConditions, failureMessage, failureReason, storedConditions } from './conditions.ts'
import { credentialsOf } from './credentials.ts'
import type { Artifact, GitRepository } from './git-repository-kind.ts'
import { checkSupported, fetchRevision, parseDuration, type Revision } from './revision.ts'

export interface ReconcilerDeps {
  git: GitClient
  store: ArtifactStore
  secrets: Informer<KubeObject>
  log: Log
}

export interface ReconcilerOptions {
  /** Where the store's routes are reached, such as `http://127.0.0.1:7080/artifacts/`. */
  artifactsUrl: string
}

/** Keeps the artifact of one GitRepository at the commit that its ref points to. */
export function gitRepositoryReconciler(deps: ReconcilerDeps, options: ReconcilerOptions): Reconciler<GitRepository> {
  return {
    async reconcile(repository, context) {
      const step = { repository, context }
      try {
        const revision = await store(deps, options, step)
        const recheckAfter = parseDuration(repository.spec.interval)
        return {
          kind: 'ready',
          reason: 'Succeeded',
          message: `stored artifact for revision '${revision}'`,
          // As in Flux, no time at all means never.
          ...(recheckAfter > 0 && { recheckAfter }),
        }
      } catch (error) {
        const concernsSource = !(error instanceof SlipwayError && error.code.startsWith('KUBE_'))
        if (concernsSource && !context.signal.aborted) await fail(step, error)
        throw error
      }
    },

    async finalize({ metadata }) {
      await deps.store.remove({ namespace: metadata.namespace ?? 'default', name: metadata.name })
    },
  }
}

interface Step {
  repository: GitRepository
  context: ReconcileContext<GitRepository>
}

async function store(deps: ReconcilerDeps, options: ReconcilerOptions, step: Step): Promise<string> {
  const { repository, context } = step
  const { spec, status = {} } = repository
  const began = performance.now()
  checkSupported(repository)
  const found = await fetchRevision(deps.git, repository, fetchOptions(deps, repository, context.signal))
  const fetched = performance.now()
  const current = status.artifact
  const upToDate =
    current?.revision === found.revision && status.observedIgnore === spec.ignore && (await deps.store.has(current))
  const artifact = current && upToDate ? current : await makeArtifact(deps, options, { repository, found })
  const archived = performance.now()
  await writeStatus(step, {
    artifact: { ...artifact, url: `${options.artifactsUrl}${artifact.path}` },
    observedIgnore: spec.ignore,
    conditions: storedConditions(repository, found.revision, timestamp()),
  })
  if (upToDate) return found.revision
  deps.log(
    'info',
    `GitRepository/${repository.metadata.namespace}/${repository.metadata.name}: stored ${found.revision}`,
    {
      fetchMs: Math.round(fetched - began),
      archiveMs: Math.round(archived - fetched),
      statusMs: Math.round(performance.now() - archived),
    },
  )
  const { subject } = await deps.git.commitInfo(spec.url, found.commit)
  context.event('Normal', 'NewArtifact', `stored artifact for commit '${subject}'`)
  await deps.store.prune(artifact.path)
  return found.revision
}

function fetchOptions(
  { secrets }: ReconcilerDeps,
  { spec, metadata }: GitRepository,
  signal: AbortSignal,
): FetchOptions {
  const timeout = timerDelay(parseDuration(spec.timeout ?? '60s'))
  if (!spec.secretRef) return { timeout, signal }
  const key = { namespace: metadata.namespace ?? 'default', name: spec.secretRef.name }
  const secret = secrets.get(key)
  if (!secret) {
    throw new UserError('SECRET_NOT_FOUND', `spec.secretRef: Secret ${key.namespace}/${key.name} does not exist`)
  }
  return { timeout, signal, credentials: credentialsOf(secret) }
}

async function makeArtifact(
  { git, store: artifacts }: ReconcilerDeps,
  { artifactsUrl }: ReconcilerOptions,
  { repository, found }: { repository: GitRepository; found: Revision },
): Promise<Artifact> {
  const { metadata, spec } = repository
  const path = `gitrepository/${metadata.namespace ?? 'default'}/${metadata.name}/${found.commit}.tar.gz`
  const content = await archive(git, { url: spec.url, id: found.commit, ignore: spec.ignore })
  const stored = await artifacts.write(path, content)
  return { ...stored, url: `${artifactsUrl}${path}`, revision: found.revision, lastUpdateTime: timestamp() }
}

async function fail(step: Step, error: unknown): Promise<void> {
  const { repository, context } = step
  context.event('Warning', failureReason(error), failureMessage(repository, error))
  await writeStatus(step, { conditions: failedConditions(repository, error, timestamp()) })
}

/** One patch with everything that changed; none when nothing did. */
async function writeStatus(
  { repository, context }: Step,
  changes: Omit<NonNullable<GitRepository['status']>, 'observedIgnore'> & { observedIgnore?: string | undefined },
): Promise<void> {
  const { status = {}, metadata } = repository
  const wanted: Record<string, unknown> = {
    ...changes,
    observedGeneration: metadata.generation,
    lastHandledReconcileAt: metadata.annotations?.['reconcile.fluxcd.io/requestedAt'] ?? status.lastHandledReconcileAt,
  }
  const before = status as Record<string, unknown>
  const patch = Object.fromEntries(
    Object.entries(wanted)
      .filter(([field, value]) => JSON.stringify(before[field]) !== JSON.stringify(value))
      // In a merge patch, null takes a field away.
      .map(([field, value]) => [field, value ?? null]),
  )
  if (Object.keys(patch).length > 0) await context.patchStatus(patch)
}

function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}
