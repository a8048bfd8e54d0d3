import { KustomizeError } from '../fault.ts'
import type { Helpers } from '../transformers/transformer.ts'
import type { Generator } from './config-map.ts'

interface Config {
  cloud?: string
  kubernetesService?: { namespace?: string; name?: string }
  serviceAccount?: { name?: string; projectId?: string }
}

/** A ServiceAccount that stands for one of Google's (builtins/IAMPolicyGenerator). */
export function iamPolicyGenerator(config: Config, { factory, file }: Helpers): Generator {
  const { cloud = '', kubernetesService = {}, serviceAccount = {} } = config
  return () => {
    if (cloud !== 'gke') throw new KustomizeError('KUSTOMIZE_INVALID', `cloud provider ${cloud} not supported yet`)
    const account = `${serviceAccount.name ?? ''}@${serviceAccount.projectId ?? ''}.iam.gserviceaccount.com`
    const { name = '', namespace } = kubernetesService
    const lines = [
      'apiVersion: v1',
      'kind: ServiceAccount',
      'metadata:',
      '  annotations:',
      `    iam.gke.io/gcp-service-account: ${account}`,
      `  name: ${name}`,
      ...(namespace ? [`  namespace: ${namespace}`] : []),
    ]
    return factory.fromText(`${lines.join('\n')}\n`, file)
  }
}
