import { labelValueErrors } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
])

/** `field` says where, given a deprecated label. */
export function labelWarnings(labels: Iterable<string>, field: (label: string) => string): string[] {
  const warnings: string[] = []
  for (const label of labels) {
    const why = DEPRECATED.get(label)
    if (why) warnings.push(`${field(label)}: ${why}`)
  }
  return warnings
}

/** A key that stands for a label, such as that of an expression. */
export function labelKeyWarnings(field: string, key: string): string[] {
  const why = DEPRECATED.get(key)
  return why ? [`${field}: ${key} is ${why}`] : []
}

/** What a term of a node affinity asks for. Values that no label can have match nothing. */
export function nodeTermWarnings(term: Spec, field: string, rule: { values?: boolean } = {}): string[] {
  return ((term.matchExpressions ?? []) as Spec[]).flatMap(({ key, values = [] }, index) => {
    const at = `${field}.matchExpressions[${index}]`
    const valueWarnings = (value: string, of: number) =>
      labelValueErrors(value).map((why) => `${at}.values[${of}]: ${value} is invalid, ${why}`)
    return [...labelKeyWarnings(`${at}.key`, key), ...(rule.values ? (values as string[]).flatMap(valueWarnings) : [])]
  })
}
