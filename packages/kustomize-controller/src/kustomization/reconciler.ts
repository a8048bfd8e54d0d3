import {
  type Log,
  type ReconcileContext,
  type ReconcileResult,
  type Reconciler,
  reasonOf,
} from '@slipway/controller-runtime'
import { classOf, describeError, TransientError, UserError } from '@slipway/errors'
import type { Informer } from '@slipway/kube-client'
import { equalJson, type KubeObject, refString } from '@slipway/kube-objects'
import { type ArtifactRef, type Files, fetchArtifact } from '../artifact/artifact.ts'
import { applyObjects, type ClusterDeps, pruneObjects } from '../cluster/apply.ts'
import { scopes } from '../cluster/scopes.ts'
import { desiredObjects } from '../render/desired.ts'
import { Renderer } from '../render/render.ts'
import { appliedConditions, failedConditions, failureText, partialMessage } from './conditions.ts'
import { parseDuration } from './duration.ts'
import { inventoryEntry, obsoleteEntries } from './inventory.ts'
import { type Failure, type InventoryEntry, type Kustomization, UNSUPPORTED_FIELDS } from './kustomization-kind.ts'

const FAILURE_RECHECK = 30_000
/** Failures that are told one by one: an object, too, has a size. */
const TOLD_FAILURES = 100

export interface ReconcilerDeps extends ClusterDeps {
  sources: Informer<KubeObject>
  log: Log
}

/** What is kept of one Kustomization from one look to the next. */
interface Memory {
  renderer: Renderer
  artifact?: { digest: string; files: Files }
}

/** Keeps the cluster in step with the files of one Kustomization. */
export function kustomizationReconciler(deps: ReconcilerDeps): Reconciler<Kustomization> {
  const memories = new Map<string, Memory>()
  const remembered = ({ metadata }: Kustomization): Memory => {
    const memory = memories.get(metadata.uid ?? '') ?? { renderer: new Renderer() }
    memories.set(metadata.uid ?? '', memory)
    return memory
  }
  return {
    async reconcile(kustomization, context) {
      const step = { kustomization, context, memory: remembered(kustomization) }
      try {
        return await applySource(deps, step)
      } catch (error) {
        if (!context.signal.aborted) await writeFailure(step, error)
        // A source that has nothing yet is no fault: its first artifact wakes us.
        if (error instanceof SourceNotReady)
          return { kind: 'waiting', reason: 'ArtifactFailed', message: error.message }
        throw error
      }
    },

    async finalize({ metadata, spec, status }, { event }) {
      memories.delete(metadata.uid ?? '')
      // As in Flux, a Kustomization that is suspended goes without what it applied.
      if (spec.suspend) return
      const policy = spec.deletionPolicy ?? 'MirrorPrune'
      if (policy === 'Orphan' || (policy === 'MirrorPrune' && !spec.prune)) return
      const { deleted, failures } = await pruneObjects(deps, status?.inventory?.entries ?? [], metadata)
      if (deleted.length > 0) event('Normal', 'ReconciliationSucceeded', changesText([], deleted))
      const [failure] = failures
      if (failure) throw new TransientError('PRUNE_FAILED', failureText(failure))
    },
  }
}

interface Step {
  kustomization: Kustomization
  context: ReconcileContext<Kustomization>
  memory: Memory
}

async function applySource(deps: ReconcilerDeps, step: Step): Promise<ReconcileResult> {
  const { kustomization, context, memory } = step
  const { spec, status = {} } = kustomization
  const began = performance.now()
  checkSupported(kustomization)
  const artifact = sourceArtifact(deps, kustomization)
  if (memory.artifact?.digest !== artifact.digest) {
    memory.artifact = { digest: artifact.digest, files: await fetchArtifact(artifact, context.signal) }
  }
  const fetched = performance.now()
  const rendered = memory.renderer.render(memory.artifact.files, spec.path ?? '')
  const desired = desiredObjects(rendered, kustomization, await scopes(deps.client, rendered.objects))
  const planned = performance.now()

  const applied = await applyObjects(deps, desired.objects, context.signal)
  context.signal.throwIfAborted()
  const before = status.inventory?.entries ?? []
  const present = desired.objects.filter(({ id }) => applied.inPlace.has(id) || wasThere(id, before))
  const wanted = new Set(desired.objects.map(({ id }) => id))
  const brokenUnits = new Set([...rendered.brokenUnits, ...unitsWithFailures(desired.failures, rendered.objects)])
  const obsolete = obsoleteEntries(before, { wanted, brokenUnits })
  const pruned = spec.prune
    ? await pruneObjects(deps, obsolete, kustomization.metadata)
    : { deleted: [], kept: [], failures: [] }
  const failures = [...rendered.failures, ...desired.failures, ...applied.failures, ...pruned.failures]
  const done = performance.now()

  const gone = new Set(obsolete)
  const own = present.map(({ object, ...origin }) => inventoryEntry(object, origin))
  const ids = new Set(own.map(({ id }) => id))
  const hidden = before.filter((entry) => !gone.has(entry) && !ids.has(entry.id))
  await writeOutcome(step, {
    revision: artifact.revision,
    entries: [...own, ...hidden, ...pruned.kept],
    failures,
    retry: applied.retry,
  })
  report(step, { artifact, failures, written: applied.written, deleted: pruned.deleted })
  if (applied.written.length + pruned.deleted.length > 0) {
    deps.log('info', `${refString(kustomization)}: applied ${artifact.revision}`, {
      written: applied.written.length,
      deleted: pruned.deleted.length,
      failures: failures.length,
      fetchMs: Math.round(fetched - began),
      renderMs: Math.round(planned - fetched),
      applyMs: Math.round(done - planned),
      statusMs: Math.round(performance.now() - done),
    })
  }
  return outcome(kustomization, artifact.revision, {
    failures,
    isTransient: applied.retry || pruned.failures.length > 0,
  })
}

/** Throws UserError KUSTOMIZATION_UNSUPPORTED. */
function checkSupported({ spec }: Kustomization): void {
  const field = UNSUPPORTED_FIELDS.find((name) => spec[name] !== undefined)
  if (field) throw new UserError('KUSTOMIZATION_UNSUPPORTED', `spec.${field} is not supported yet`)
}

class SourceNotReady extends TransientError {}

/** Throws UserError SOURCE_NOT_FOUND, SourceNotReady; a change of the source wakes us. */
function sourceArtifact({ sources }: ReconcilerDeps, { spec, metadata }: Kustomization): ArtifactRef {
  const { kind, name, namespace = metadata.namespace ?? 'default' } = spec.sourceRef
  if (kind !== 'GitRepository')
    throw new UserError('KUSTOMIZATION_UNSUPPORTED', `spec.sourceRef.kind ${kind} is not supported yet`)
  const source = sources.get({ namespace, name })
  if (!source) throw new UserError('SOURCE_NOT_FOUND', `Source 'GitRepository/${namespace}/${name}' not found`)
  const artifact = source.status?.artifact as ArtifactRef | undefined
  if (!artifact) throw new SourceNotReady('SOURCE_NOT_READY', 'Source is not ready, artifact not found')
  return artifact
}

/** An object that was applied before and is refused now is still in the cluster, as it was. */
function wasThere(id: string, entries: readonly InventoryEntry[]): boolean {
  return obsoleteEntries(entries, { wanted: new Set([id]), brokenUnits: new Set() }).length < entries.length
}

/** Where an object's kind or identity is in doubt, what came from there before is not pruned. */
function unitsWithFailures(failures: readonly Failure[], objects: readonly { file: string; unit: string }[]): string[] {
  const files = new Set(failures.map(({ file }) => file))
  return objects.filter(({ file }) => files.has(file)).map(({ unit }) => unit)
}

interface Outcome {
  revision: string
  entries: InventoryEntry[]
  failures: Failure[]
  retry: boolean
}

async function writeOutcome(step: Step, { revision, entries, failures, retry }: Outcome): Promise<void> {
  const { kustomization } = step
  const { status = {} } = kustomization
  const now = timestamp()
  const complete = failures.length === 0
  const message = partialMessage(revision, failures, entries.length)
  const isNew = complete && status.lastAppliedRevision !== revision
  await writeStatus(step, {
    inventory: { entries: entries.toSorted((a, b) => (a.id < b.id ? -1 : 1)) },
    failures: complete ? undefined : failures.slice(0, TOLD_FAILURES),
    lastAttemptedRevision: revision,
    ...(isNew && { lastAppliedRevision: revision, lastAppliedTime: new Date().toISOString() }),
    conditions: complete
      ? appliedConditions(kustomization, revision, now)
      : failedConditions(kustomization, { reason: 'ReconciliationFailed', message, retry }, now),
  })
}

async function writeFailure(step: Step, error: unknown): Promise<void> {
  const { kustomization, context } = step
  const reason = failureReason(error)
  const message = describeError(error)
  context.event('Warning', reason, message)
  await writeStatus(step, {
    conditions: failedConditions(kustomization, { reason, message, retry: classOf(error) !== 'user' }, timestamp()),
  })
}

/** Flux's reasons where it has one. */
function failureReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code.startsWith('ARTIFACT_') || code.startsWith('SOURCE_') || code === 'KUSTOMIZATION_PATH_NOT_FOUND')
    return 'ArtifactFailed'
  return reasonOf(error)
}

/** One patch with everything that changed; none when nothing did. */
async function writeStatus({ kustomization, context }: Step, changes: Record<string, unknown>): Promise<void> {
  const { status = {}, metadata } = kustomization
  const before = status as Record<string, unknown>
  const wanted: Record<string, unknown> = {
    ...changes,
    observedGeneration: metadata.generation,
    lastHandledReconcileAt: metadata.annotations?.['reconcile.fluxcd.io/requestedAt'] ?? status.lastHandledReconcileAt,
  }
  // In a merge patch, null takes a field away.
  const patch = Object.entries(wanted)
    .filter(([field, value]) => !equalJson(before[field], value))
    .map(([field, value]) => [field, value ?? null] as const)
  if (patch.length > 0) await context.patchStatus(Object.fromEntries(patch))
}

function report(
  { kustomization, context }: Step,
  {
    artifact,
    failures,
    written,
    deleted,
  }: { artifact: ArtifactRef; failures: Failure[]; written: KubeObject[]; deleted: KubeObject[] },
): void {
  if (written.length + deleted.length > 0) {
    const revision = failures.length === 0 ? `Applied revision: ${artifact.revision}. ` : ''
    context.event('Normal', 'ReconciliationSucceeded', `${revision}${changesText(written, deleted)}`)
  }
  const known = new Set((kustomization.status?.failures ?? []).map(failureText))
  for (const text of failures.slice(0, TOLD_FAILURES).map(failureText))
    if (!known.has(text)) context.event('Warning', 'ReconciliationFailed', text)
}

function changesText(written: readonly KubeObject[], deleted: readonly KubeObject[]): string {
  return [
    ...written.map((object) => `${refString(object)} ${object.metadata.generation === 1 ? 'created' : 'configured'}`),
    ...deleted.map((object) => `${refString(object)} deleted`),
  ].join(', ')
}

function outcome(
  { spec }: Kustomization,
  revision: string,
  { failures, isTransient }: { failures: Failure[]; isTransient: boolean },
): ReconcileResult {
  const [first] = failures
  if (isTransient && first) throw new TransientError('APPLY_FAILED', failureText(first))
  const interval = parseDuration(spec.interval)
  // A namespace or a kind that was missing may come from elsewhere, which nothing tells us.
  const retry = spec.retryInterval ? parseDuration(spec.retryInterval) : Math.min(interval, FAILURE_RECHECK)
  const recheckAfter = first ? retry : interval
  return {
    kind: 'ready',
    reason: 'ReconciliationSucceeded',
    message: `Applied revision: ${revision}`,
    // As in Flux, no time at all means never.
    ...(recheckAfter > 0 && { recheckAfter }),
  }
}

function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}
