import { type GlobalOptions, withServer } from '../connect.ts'
import { GITOPS_NAMESPACE, IDENTITY_SECRET } from '../server/gitops-identity.ts'

interface Options extends GlobalOptions {
  gitUrl: string
  gitBranch: string
  gitPath: string
  gitPollInterval: string
  name: string
}

/** What `helm upgrade -i flux --set git.url=…` was: a source and the wish that the cluster matches it. */
export async function run(options: Options): Promise<void> {
  const { gitUrl, gitBranch, gitPath, gitPollInterval, name } = options
  const metadata = { name, namespace: GITOPS_NAMESPACE }
  const objects = [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata,
      spec: {
        url: gitUrl,
        ref: { branch: gitBranch },
        interval: gitPollInterval,
        secretRef: { name: IDENTITY_SECRET },
      },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: {
        sourceRef: { kind: 'GitRepository', name },
        path: gitPath,
        interval: gitPollInterval,
        prune: true,
      },
    },
  ]
  await withServer(options, async ({ client }) => {
    for (const object of objects) await client.apply(object, { fieldManager: 'slipway' })
    console.log(`the cluster follows ${gitUrl}, branch ${gitBranch}, path ${gitPath}`)
  })
}
