import type { Spec } from '../defaults/spec.ts'

/** How a pod fares when memory is short, by what its containers ask for. */
export function qosClass({ containers, initContainers }: Spec): string {
  const resources: Spec[] = [...(containers ?? []), ...(initContainers ?? [])].map(
    (container: Spec) => container.resources ?? {},
  )
  const amounts = (one: Spec | undefined) =>
    Object.keys(one ?? {}).filter((name) => name === 'cpu' || name === 'memory')
  if (resources.every(({ limits, requests }) => amounts(limits).length + amounts(requests).length === 0))
    return 'BestEffort'
  const guaranteed = resources.every(
    ({ limits, requests }) =>
      amounts(limits).length === 2 && amounts(limits).every((name) => limits[name] === (requests ?? limits)[name]),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
