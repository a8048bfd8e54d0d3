import { parseFieldSelector } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { AccessAttributes } from '../authorize.ts'
import type { Rbac } from '../rbac.ts'
import { ruleAllows } from '../rbac-rules.ts'
import { nodeOf } from './node-identity.ts'
import { NodeRelations } from './node-relations.ts'

/** `true`, or why it has no say; the words are Kubernetes' own. */
type Verdict = true | string
type Judge = (node: string, attributes: AccessAttributes, relations: NodeRelations) => Verdict

/** What the agents of nodes may do: read what the pods on their node need, and write what is theirs (kube-apiserver's authorization mode Node). */
export class NodeAuthorizer {
  readonly #relations: NodeRelations
  readonly #rbac: Rbac

  constructor(store: RevisionStore, rbac: Rbac) {
    this.#relations = new NodeRelations(store)
    this.#rbac = rbac
  }

  allows(attributes: AccessAttributes): boolean {
    return this.#verdict(attributes) === true
  }

  /** What a node that may not do it is told; undefined = nothing, or it is no node. */
  why(attributes: AccessAttributes): string | undefined {
    const verdict = this.#verdict(attributes)
    return verdict === true ? undefined : verdict || undefined
  }

  #verdict(attributes: AccessAttributes): Verdict {
    const node = nodeOf(attributes.user)
    if (node === undefined) return ''
    if (node === '') return `unknown node for user ${JSON.stringify(attributes.user.name)}`
    const judge = attributes.resource && JUDGES[`${attributes.group ?? ''}/${attributes.resource}`]
    if (judge) return judge(node, attributes, this.#relations)
    const rules = this.#rbac.rulesOfRole({ kind: 'ClusterRole', name: 'system:node' }, undefined) ?? []
    return rules.some((rule) => ruleAllows(rule, attributes)) || ''
  }
}

const unrelated = (node: string): string => `no relationship found between node '${node}' and this object`

function related(node: string, name: string, isRelated: () => boolean): Verdict {
  if (!name) return 'No Object name found'
  return isRelated() || unrelated(node)
}

/** Of what pods name, single objects may be read, also by a list or a watch of the one. */
function readable(plural: 'secrets' | 'configmaps' | 'serviceaccounts'): Judge {
  return (node, { verb, subresource, namespace = '', name = '' }, relations) => {
    if (!READS.includes(verb)) return 'can only read resources of this type'
    if (subresource) return 'cannot read subresource'
    if (!namespace) return 'can only read namespaced object of this type'
    return related(node, name, () => relations.needs(node, plural, namespace, name))
  }
}
const READS = ['get', 'list', 'watch']

function gettable(
  isRelated: (node: string, of: { namespace: string; name: string }, relations: NodeRelations) => boolean,
): Judge {
  return (node, { verb, subresource, namespace = '', name = '' }, relations) => {
    if (verb !== 'get') return 'can only get individual resources of this type'
    if (subresource) return 'cannot get subresource'
    return related(node, name, () => isRelated(node, { namespace, name }, relations))
  }
}

const claim: Judge = (node, attributes, relations) => {
  const { verb, subresource, namespace = '', name = '' } = attributes
  const isRelated = () => relations.needs(node, 'persistentvolumeclaims', namespace, name)
  if (subresource !== 'status') return gettable(isRelated)(node, attributes, relations)
  return verb === 'update' || verb === 'patch' ? related(node, name, isRelated) : 'can only get/update/patch this type'
}

const account: Judge = (node, attributes, relations) => {
  const { verb, subresource, namespace = '', name = '' } = attributes
  if (verb === 'get' && !subresource) return readable('serviceaccounts')(node, attributes, relations)
  if (verb !== 'create' || !name) return 'can only create tokens for individual service accounts'
  if (subresource !== 'token') return 'can only create token subresource of serviceaccount'
  return relations.needs(node, 'serviceaccounts', namespace, name) || unrelated(node)
}

const OWN_VERBS = ['get', 'create', 'update', 'patch', 'delete']
const LEASES = 'kube-node-lease'

/** Who is made by a create is for admission to see. */
const lease: Judge = (node, { verb, namespace, name }) => {
  if (!OWN_VERBS.includes(verb)) return 'can only get, create, update, patch, or delete a node lease'
  if (namespace !== LEASES) return `can only access leases in the "${LEASES}" system namespace`
  return verb === 'create' || name === node || 'can only access node lease with the same name as the requesting node'
}

const csiNode: Judge = (node, { verb, subresource, name }) => {
  if (!OWN_VERBS.includes(verb)) return 'can only get, create, update, patch, or delete a CSINode'
  if (subresource) return 'cannot authorize CSINode subresources'
  return verb === 'create' || name === node || 'can only access CSINode with the same name as the requesting node'
}

const SLICES = { group: 'resource.k8s.io', plural: 'resourceslices', namespaced: false }

const slice: Judge = (node, { verb, subresource, name = '', fieldSelector }, relations) => {
  if (subresource) return 'cannot authorize ResourceSlice subresources'
  if (verb === 'create') return true
  if (['get', 'update', 'patch', 'delete'].includes(verb)) {
    return related(node, name, () => relations.isOn(node, SLICES, undefined, name))
  }
  if (['watch', 'list', 'deletecollection'].includes(verb)) {
    const why = 'can only list/watch/deletecollection resourceslices with nodeName field selector'
    return selectsNode(node, fieldSelector) || why
  }
  return 'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection'
}

const nodes: Judge = (node, { verb, subresource, name }) => {
  if (subresource) return (subresource === 'status' && ['update', 'patch'].includes(verb)) || ''
  if (['create', 'update', 'patch'].includes(verb) || (READS.includes(verb) && name === node)) return true
  if (!READS.includes(verb)) return ''
  if (!name) return `node '${node}' cannot read all nodes, only its own Node object`
  return `node '${node}' cannot read '${name}', only its own Node object`
}

const PODS = { group: '', plural: 'pods', namespaced: true }

const pods: Judge = (node, attributes, relations) => {
  const { verb, subresource, namespace, name = '', fieldSelector } = attributes
  const isRelated = () => relations.isOn(node, PODS, namespace, name)
  if (subresource === 'status') return ['update', 'patch'].includes(verb) || ''
  if (subresource) return (subresource === 'eviction' && verb === 'create') || ''
  if (verb === 'get') return gettable(isRelated)(node, attributes, relations)
  if (verb === 'list' || verb === 'watch') {
    if (selectsNode(node, fieldSelector)) return true
    return name ? related(node, name, isRelated) : 'can only list/watch pods with spec.nodeName field selector'
  }
  return verb === 'create' || verb === 'delete' || ''
}

function selectsNode(node: string, selector = ''): boolean {
  try {
    const requirements = parseFieldSelector(selector)
    return requirements.some(
      ({ field, operator, value }) => field === 'spec.nodeName' && operator === '=' && value === node,
    )
  } catch {
    // Whoever reads the list refuses it.
    return false
  }
}

const ATTACHMENTS = { group: 'storage.k8s.io', plural: 'volumeattachments', namespaced: false }

const JUDGES: Partial<Record<string, Judge>> = {
  '/secrets': readable('secrets'),
  '/configmaps': readable('configmaps'),
  '/persistentvolumeclaims': claim,
  '/persistentvolumes': gettable((node, { name }, relations) => relations.needsVolume(node, name)),
  'resource.k8s.io/resourceclaims': gettable((node, { namespace, name }, relations) =>
    relations.needs(node, 'resourceclaims', namespace, name),
  ),
  'storage.k8s.io/volumeattachments': gettable((node, { name }, relations) =>
    relations.isOn(node, ATTACHMENTS, undefined, name),
  ),
  '/serviceaccounts': account,
  'coordination.k8s.io/leases': lease,
  'storage.k8s.io/csinodes': csiNode,
  'resource.k8s.io/resourceslices': slice,
  '/nodes': nodes,
  '/pods': pods,
}
