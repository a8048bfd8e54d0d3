import { type KubeObject, qualifiedNameErrors } from '@slipway/kube-objects'

const STANDARD = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

/** Finalizers of a custom resource that another program may call its own as well. */
export function finalizerWarnings({ metadata }: KubeObject, old: KubeObject | undefined): string[] {
  const known = new Set(old?.metadata.finalizers)
  return [...new Set(metadata.finalizers)]
    .filter((finalizer) => !known.has(finalizer))
    .toSorted()
    .flatMap((finalizer) => findings(finalizer).map((why) => `metadata.finalizers: "${finalizer}": ${why}`))
}

function findings(finalizer: string): string[] {
  const faults = qualifiedNameErrors(finalizer)
  if (finalizer.includes('/') || STANDARD.has(finalizer)) return faults
  const path = finalizer.includes('.') ? ' including a path (/)' : ''
  const advice = `prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`
  return [...faults, advice]
}
