import type { NodeObject, Taint } from '../model/node.ts'
import type { Container, Pod, PodSpec } from '../model/pod.ts'
import type { PodStatus } from '../model/pod-status.ts'
import { ClusterState } from '../scheduling/cluster/cluster-state.ts'
import type { Knowledge } from '../scheduling/decision.ts'
import { Changes } from '../scheduling/queue/changes.ts'
import type { ScoreView } from '../scheduling/scores/score.ts'
import { chooser } from '../scheduling/scores/scores.ts'

interface NodeFacts {
  labels?: Record<string, string>
  taints?: Taint[]
  unschedulable?: boolean
  allocatable?: Record<string, string>
  images?: Record<string, number>
}

/** A Node with room for ten pods, four processors and 8 GiB, and the label of its hostname. */
export function testNodeObject(name: string, facts: NodeFacts = {}): NodeObject {
  const { labels, taints, unschedulable, images = {} } = facts
  const allocatable = facts.allocatable ?? { cpu: '4', memory: '8Gi', pods: '10' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints && { taints }), ...(unschedulable && { unschedulable }) },
    status: {
      allocatable,
      images: Object.entries(images).map(([image, sizeBytes]) => ({ names: [image], sizeBytes })),
    },
  }
}

export interface PodFacts extends Partial<Omit<PodSpec, 'containers' | 'overhead'>> {
  labels?: Record<string, string>
  namespace?: string
  requests?: Record<string, string>
  container?: Partial<Container>
  overhead?: Record<string, string>
  owner?: { apiVersion: string; kind: string; name: string }
  deletionTimestamp?: string
  status?: Partial<PodStatus>
}

export function testPod(name: string, facts: PodFacts = {}): Pod {
  const { labels, namespace = 'n', requests, container, owner, deletionTimestamp, status, ...spec } = facts
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, namespace, uid: `${namespace}-${name}`, generation: 1 },
      ...(labels && { labels }),
      ...(deletionTimestamp && { deletionTimestamp }),
      ...(owner && { ownerReferences: [{ ...owner, uid: owner.name, controller: true }] }),
    },
    spec: {
      containers: [{ name: 'c', image: 'i', ...(requests && { resources: { requests } }), ...container }],
      ...spec,
    },
    ...(status && { status: { phase: 'Pending', ...status } }),
  }
}

/** What the scheduler knows of these Nodes and pods; `more` replaces parts of it. */
export function testKnowledge(
  nodes: NodeObject[],
  pods: Pod[] = [],
  more: Partial<ScoreView & Pick<Knowledge, 'budgets'>> = {},
): Knowledge & ScoreView & { changes: Changes } {
  const changes = new Changes()
  const cluster = new ClusterState(changes)
  for (const object of nodes) cluster.takeNode({ type: 'added', object })
  for (const object of pods) cluster.takePod({ type: 'added', object })
  const view: ScoreView = {
    nodes: () => cluster.nodes(),
    namespaceLabels: () => ({}),
    storage: { claim: () => undefined, volume: () => undefined, volumes: () => [], storageClass: () => undefined },
    servicesOf: () => [],
    owner: () => undefined,
    ...more,
  }
  return { ...view, cluster, changes, choose: chooser(view), budgets: more.budgets ?? (() => []) }
}
