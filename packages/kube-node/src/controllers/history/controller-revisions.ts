import type { KubeClient } from '@slipway/kube-client'
import { type KubeObject, withSortedKeys } from '@slipway/kube-objects'
import { canonicalJson, shortHash } from '../../canonical.ts'
import { createIfMissing } from '../../create-if-missing.ts'
import { ownerReference } from '../../labels.ts'
import { CONTROLLER_REVISIONS } from '../../model/kinds.ts'
import type { LabelSelector, PodTemplate } from '../../model/pod.ts'
import { Claims } from '../ownership/claims.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'

/** The label that says the hash, which DaemonSets have under a name of their own. */
const HASH_LABELS: Partial<Record<string, string>> = { DaemonSet: 'controller-revision-hash' }
const HASH_LABEL = 'controller.kubernetes.io/hash'

interface Revised {
  spec?: { template?: PodTemplate }
}

/** One template that an owner has had, as `kubectl rollout history` reads it. */
export interface ControllerRevision extends KubeObject {
  revision: number
  data?: Revised
}

/** An owner whose pods are made of a template. */
export interface Templated extends KubeObject {
  spec: { selector: LabelSelector; template: PodTemplate; revisionHistoryLimit?: number }
}

/** Keeps the templates of StatefulSets and DaemonSets as ControllerRevisions. */
export class RevisionHistory {
  readonly #client: KubeClient
  readonly #revisions: FreshCache<ControllerRevision>
  readonly #claims: Claims<ControllerRevision>

  constructor(client: KubeClient, revisions: FreshCache<ControllerRevision>) {
    this.#client = client
    this.#revisions = revisions
    this.#claims = new Claims(client, revisions, CONTROLLER_REVISIONS)
  }

  /** All of an owner, oldest first; the last one is that of its present template. */
  async sync(owner: Templated): Promise<ControllerRevision[]> {
    const known = (await this.#claims.claim(owner, owner.spec.selector)).sort(byRevision)
    const text = templateText(owner.spec.template)
    const equal = known.filter((revision) => templateText(templateOf(revision)) === text).at(-1)
    const newest = known.at(-1)
    if (equal && equal === newest) return known
    const number = (newest?.revision ?? 0) + 1
    const current = equal ? await this.#renumber(equal, number) : await this.#create(owner, number)
    return [...known.filter((revision) => revision !== equal), current]
  }

  /** Removes what is more than the history may hold; what is in use stays. */
  async truncate(owner: Templated, known: ControllerRevision[], inUse: ReadonlySet<string>): Promise<void> {
    const idle = known.filter(({ metadata }) => !inUse.has(metadata.name))
    const surplus = Math.max(0, idle.length - (owner.spec.revisionHistoryLimit ?? 10))
    for (const revision of idle.slice(0, surplus)) {
      const { name, namespace } = revision.metadata
      await this.#client.delete({ ...CONTROLLER_REVISIONS, name, ...(namespace && { namespace }) })
      this.#revisions.deleted(revision)
    }
  }

  async #renumber({ metadata }: ControllerRevision, revision: number): Promise<ControllerRevision> {
    const { name, namespace } = metadata
    const ref = { ...CONTROLLER_REVISIONS, name, ...(namespace && { namespace }) }
    return this.#revisions.wrote(await this.#client.patch<ControllerRevision>(ref, 'merge', { revision }))
  }

  async #create(owner: Templated, revision: number): Promise<ControllerRevision> {
    const { name, namespace, annotations } = owner.metadata
    const label = HASH_LABELS[owner.kind] ?? HASH_LABEL
    const text = templateText(owner.spec.template)
    // Should another template have the same hash, a letter more makes it another one.
    for (let collisions = ''; ; collisions += 'x') {
      const hash = shortHash(text + collisions)
      const object: ControllerRevision = {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: {
          name: `${name}-${hash}`,
          ...(namespace && { namespace }),
          labels: { ...owner.spec.template.metadata?.labels, [label]: hash },
          // Among them the cause of the change, which `kubectl rollout history` shows.
          ...(annotations && { annotations }),
          ownerReferences: [ownerReference(owner)],
        },
        // In order, byte for byte as `kubectl rollout undo` writes the present template to see whether it is this one.
        data: withSortedKeys({ spec: { template: { ...owner.spec.template, $patch: 'replace' } } }) as Revised,
        revision,
      }
      const created = await createIfMissing(this.#client, object)
      if (created) return this.#revisions.wrote(created)
    }
  }
}

/** The template that a revision holds. */
export function templateOf({ data, metadata }: ControllerRevision): PodTemplate {
  const { $patch: _patch, ...template } = (data?.spec?.template ?? {}) as PodTemplate & { $patch?: string }
  if (!template.spec) throw new TypeError(`ControllerRevision ${metadata.name} holds no template`)
  return template
}

/** What a revision is called on the pods of a DaemonSet: the end of its name. */
export const hashOf = ({ metadata }: ControllerRevision): string =>
  metadata.name.slice(metadata.name.lastIndexOf('-') + 1)

const templateText = (template: PodTemplate): string =>
  canonicalJson({ ...template, metadata: { ...template.metadata, creationTimestamp: undefined } })

const byRevision = (a: ControllerRevision, b: ControllerRevision): number => a.revision - b.revision
