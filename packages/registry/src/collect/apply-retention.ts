import { messageOf } from '@slipway/errors'
import type { Content } from '../content/content.ts'
import { removeLocked } from '../content/removal.ts'
import type { Origin } from '../events.ts'
import type { Repository } from '../metadata/repository.ts'
import type { RegistrySettings, Retention } from '../policy/settings.ts'
import type { Deployed } from '../port.ts'
import { decideRetention, type RetentionDecision } from './decide-retention.ts'

export interface RetentionRun {
  settings: RegistrySettings
  /** Asks what the cluster runs; absent where no cluster is known. */
  deployed: (() => Promise<Deployed>) | undefined
  /** Milliseconds. */
  grace: number
  dryRun: boolean
  /** What never had a tag goes everywhere, unless a policy keeps it longer. */
  deleteUntagged: boolean
  /** Ends it early; what is left is for the next run. */
  signal: AbortSignal
}

export interface RetentionReport {
  tags: number
  manifests: number
  /** Why some repositories were left alone this time. */
  faults: string[]
}

const UNTAGGED: Retention = { tags: () => false, untaggedAfter: 0 }
const ORIGIN: Origin = { actor: 'retention' }

/** Removes from every repository what its policies do not keep. Where the cluster has a say and can't be asked, nothing goes. */
export async function applyRetention(content: Content, run: RetentionRun): Promise<RetentionReport> {
  const report: RetentionReport = { tags: 0, manifests: 0, faults: [] }
  const policies = run.settings.policies.filter(({ retention }) => retention)
  const always = run.deleteUntagged ? [UNTAGGED] : []
  const all = [...policies.flatMap(({ retention }) => retention ?? []), ...always]
  if (all.length === 0) return report
  const cluster = all.some(wantsCluster(run)) ? await ask(run.deployed) : {}
  for (const repository of [...content.catalog.repositories()]) {
    if (run.signal.aborted) return report
    const covering = policies.filter(({ covers }) => covers(repository.name))
    const rules = [...covering.flatMap(({ retention }) => retention ?? []), ...always]
    if (rules.length === 0) continue
    const fault = rules.some(wantsCluster(run)) ? cluster.fault : undefined
    if (fault !== undefined) {
      report.faults.push(`${repository.name}: ${fault}`)
      continue
    }
    const { tags, manifests } = await content.locked(repository.name, () =>
      removeUnkept(content, { repository, rules, run, deployed: cluster.deployed }),
    )
    report.tags += tags.length
    report.manifests += manifests.length
  }
  return report
}

/** Whether a rule needs to know what runs: where a cluster is known, unless it says no; where none is, if it insists. */
function wantsCluster({ deployed }: RetentionRun): (rule: Retention) => boolean {
  return ({ keepDeployed }) => keepDeployed ?? deployed !== undefined
}

async function ask(deployed: RetentionRun['deployed']): Promise<{ deployed?: Deployed; fault?: string }> {
  if (!deployed) return { fault: 'keepDeployed is set, but there is no cluster to ask' }
  try {
    return { deployed: await deployed() }
  } catch (error) {
    return { fault: `the cluster can't be asked what it runs: ${messageOf(error)}` }
  }
}

interface Unkept {
  repository: Repository
  rules: Retention[]
  run: RetentionRun
  deployed: Deployed | undefined
}

async function removeUnkept(
  content: Content,
  { repository, rules, run, deployed }: Unkept,
): Promise<RetentionDecision> {
  const { name } = repository
  const patience = content.activity.patience(name, run.grace)
  const asksCluster = rules.some(wantsCluster(run))
  const decision = decideRetention(repository, rules, {
    now: content.clock(),
    patience,
    tagsStay: content.activity.isQuiet(name, run.grace) ? 0 : patience,
    isDeployed: (reference) => (asksCluster && deployed?.has(name, reference)) ?? false,
    isDeletable: (reference) => content.rules.isDeletable(name, reference),
  })
  if (run.dryRun) return decision
  await removeLocked(content, name, decision, ORIGIN)
  for (const digest of decision.manifests) content.collected.add(name, digest)
  return decision
}
