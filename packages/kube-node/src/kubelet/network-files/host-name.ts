import type { Pod } from '../../model/pod.ts'

export const CLUSTER_DOMAIN = 'cluster.local'

/** The name of a pod as its containers see it, and the domain it is in when it has a subdomain (GeneratePodHostNameAndDomain). */
export function podHostName({ metadata, spec }: Pod): { hostname: string; domain: string | undefined } {
  return {
    // Longer names than 63 characters are cut, and may not end in a dash or dot.
    hostname: (spec.hostname ?? metadata.name).slice(0, 63).replace(/[-.]+$/, ''),
    domain: spec.subdomain && `${spec.subdomain}.${metadata.namespace ?? 'default'}.svc.${CLUSTER_DOMAIN}`,
  }
}

/** What `hostname` prints in the pod. */
export function kernelHostName(pod: Pod): string {
  const { hostname, domain } = podHostName(pod)
  return pod.spec.setHostnameAsFQDN && domain ? `${hostname}.${domain}` : hostname
}
