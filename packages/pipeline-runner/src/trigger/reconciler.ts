import type { ReconcileContext, Reconciler } from '@slipway/controller-runtime'
import { describeError, UserError } from '@slipway/errors'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { matchesTrigger, type Pipeline, parsePipeline } from '@slipway/pipeline-yaml'
import { API_VERSION, type PipelineRun } from '../run/model.ts'
import type { SourceMirror } from '../run/source-mirror.ts'
import { takeBuildId } from './build-counter.ts'
import type { Repository, RepositoryRef } from './repository.ts'
import { type TriggerState, TriggerStates } from './trigger-state.ts'

export interface TriggerDeps {
  client: KubeClient
  sources: Pick<SourceMirror, 'read' | 'changedPaths'>
}

export interface TriggerOptions {
  namespace: string
  /** @default 'azure-pipelines.yml' */
  file?: string
}

const REPOSITORY_LABEL = 'slipway.dev/repository'
const COMMIT_LABEL = 'slipway.dev/commit'
const TRIGGER_LABEL = 'slipway.dev/trigger'
/** What the ref named: the run's commit, or the annotated tag of it. */
const OBJECT_ANNOTATION = 'slipway.dev/ref-object'

/**
 * Starts a run for each new commit of a ref that the commit's own pipeline file asks for. What was decided is stored after the run
 * is created, and a run carries the number of its decision: a crash in between is noticed, and no commit runs twice or never.
 */
export function triggerReconciler(deps: TriggerDeps, options: TriggerOptions): Reconciler<Repository> {
  const states = new TriggerStates(deps.client, options.namespace)
  return {
    async reconcile(repository, context) {
      const refs = repository.status?.refs ?? []
      const name = repository.metadata.name
      let state = await states.read(name)
      if (isCurrent(state, refs)) return { kind: 'ready', reason: 'Current', message: 'every commit is decided on' }
      state = await recover(deps.client, { repository: name, namespace: options.namespace }, state)
      for (const ref of refs) {
        if (state.refs[ref.name] === ref.commit) continue
        const started = await decideSafely(new Decision(deps, options, repository), { ref, state, context })
        state = { next: state.next + (started ? 1 : 0), refs: { ...state.refs, [ref.name]: ref.commit } }
        await states.write(name, state)
      }
      // A branch that was deleted starts a run when it comes back.
      const present = Object.entries(state.refs).filter(([known]) => refs.some((ref) => ref.name === known))
      await states.write(name, { ...state, refs: Object.fromEntries(present) })
      return { kind: 'ready', reason: 'Current', message: 'every commit is decided on' }
    },
  }
}

/** A ref whose commit is gone, after a forced push, must not hold up the others. */
async function decideSafely(
  decision: Decision,
  { ref, state, context }: { ref: RepositoryRef; state: TriggerState; context: ReconcileContext<Repository> },
): Promise<boolean> {
  try {
    return await decision.decide(ref, state, context)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    context.event('Warning', 'NotTriggered', `${ref.name}: ${describeError(error)}`)
    return false
  }
}

function isCurrent(state: TriggerState, refs: RepositoryRef[]): boolean {
  return Object.keys(state.refs).length === refs.length && refs.every(({ name, commit }) => state.refs[name] === commit)
}

/** Takes up a run that was created just before a crash, whose decision was not stored. */
async function recover(
  client: KubeClient,
  { repository, namespace }: { repository: string; namespace: string },
  state: TriggerState,
): Promise<TriggerState> {
  const labelSelector = `${REPOSITORY_LABEL}=${repository},${TRIGGER_LABEL}=${state.next}`
  const { items } = await client.list<PipelineRun>({
    apiVersion: API_VERSION,
    kind: 'PipelineRun',
    namespace,
    labelSelector,
  })
  const run = items.find(({ metadata }) => metadata.labels?.[TRIGGER_LABEL] === String(state.next))
  if (!run) return state
  return {
    next: state.next + 1,
    refs: { ...state.refs, [run.spec.ref]: run.metadata.annotations?.[OBJECT_ANNOTATION] ?? run.spec.commit },
  }
}

class Decision {
  readonly #deps: TriggerDeps
  readonly #options: TriggerOptions
  readonly #repository: Repository

  constructor(deps: TriggerDeps, options: TriggerOptions, repository: Repository) {
    this.#deps = deps
    this.#options = options
    this.#repository = repository
  }

  /** Whether a run was started. */
  async decide(ref: RepositoryRef, state: TriggerState, context: ReconcileContext<Repository>): Promise<boolean> {
    if (!/^refs\/(heads|tags)\//.test(ref.name)) return false
    const { repositoryName } = this.#repository.spec
    const file = this.#options.file ?? 'azure-pipelines.yml'
    const { commit, text, message } = await this.#deps.sources.read(repositoryName, ref.commit, file)
    if (text === undefined) return false
    const { pipeline } = parsePipeline(text, { file })
    // A file with faults becomes a run that shows them.
    const trigger: Pipeline['trigger'] = pipeline?.trigger ?? readTriggerless()
    const changedPaths = await this.#changedPaths(ref, state, trigger)
    const decision = matchesTrigger({ trigger }, { ref: ref.name, message, ...(changedPaths && { changedPaths }) })
    if (!decision.matches) {
      context.event('Normal', 'NotTriggered', `${ref.name} ${ref.commit.slice(0, 8)}: ${decision.reason}`)
      return false
    }
    const run = await this.#create(ref, { commit, file, trigger: state.next })
    context.event('Normal', 'Triggered', `${ref.name} ${ref.commit.slice(0, 8)} started ${run}`)
    return true
  }

  async #changedPaths(
    ref: RepositoryRef,
    state: TriggerState,
    trigger: Pipeline['trigger'],
  ): Promise<string[] | undefined> {
    if (trigger.kind === 'none' || trigger.paths.include.length + trigger.paths.exclude.length === 0) return undefined
    const { repositoryName, defaultBranch = 'master' } = this.#repository.spec
    const before = state.refs[ref.name]
    if (before) return this.#deps.sources.changedPaths(repositoryName, before, ref.commit, false)
    // A new branch is compared with the default one.
    const base = `refs/heads/${defaultBranch}`
    if (ref.name === base) return undefined
    return this.#deps.sources.changedPaths(repositoryName, base, ref.commit, true)
  }

  async #create(
    ref: RepositoryRef,
    { commit, file, trigger }: { commit: string; file: string; trigger: number },
  ): Promise<string> {
    const { metadata, spec } = this.#repository
    for (;;) {
      const buildId = await takeBuildId(this.#deps.client, this.#options.namespace)
      const name = `${metadata.name}-${buildId}`
      try {
        await this.#deps.client.create<PipelineRun>({
          apiVersion: API_VERSION,
          kind: 'PipelineRun',
          metadata: {
            name,
            namespace: this.#options.namespace,
            labels: {
              [REPOSITORY_LABEL]: metadata.name,
              [COMMIT_LABEL]: commit,
              [TRIGGER_LABEL]: String(trigger),
            },
            annotations: {
              [OBJECT_ANNOTATION]: ref.commit,
              ...(ref.pushedAt && { 'slipway.dev/pushed-at': ref.pushedAt }),
            },
          },
          spec: {
            repository: spec.repositoryName,
            ref: ref.name,
            commit,
            file,
            reason: 'IndividualCI',
            buildId,
            requestedBy: ref.pushedBy ?? '',
          },
        })
        return name
      } catch (error) {
        // Somebody set the counter back; the next number may be free.
        if (!isApiError(error, 'KUBE_ALREADY_EXISTS')) throw error
      }
    }
  }
}

/** The trigger of a file that can't be read: every branch. */
function readTriggerless(): Pipeline['trigger'] {
  const all = { include: [], exclude: [] }
  return { kind: 'filters', batch: false, branches: all, paths: all, tags: all }
}
