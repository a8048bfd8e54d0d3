interface Configuration {
  address: string
  port: number
  clusterDns: string | undefined
  maxPods: number
}

/** What of the kubelet's configuration means something here, in the shape of kubelet.config.k8s.io/v1beta1. */
export function configz({ address, port, clusterDns, maxPods }: Configuration): object {
  return {
    kubeletconfig: {
      address,
      port,
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true, cacheTTL: '0s' } },
      authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '0s', cacheUnauthorizedTTL: '0s' } },
      clusterDomain: 'cluster.local',
      ...(clusterDns && { clusterDNS: [clusterDns] }),
      enableDebuggingHandlers: true,
      enableServer: true,
      enableSystemLogHandler: false,
      failSwapOn: false,
      maxPods,
      registerNode: true,
    },
  }
}
