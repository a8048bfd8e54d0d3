import { type GlobalOptions, withServer } from '../connect.ts'
import { type InstallOptions, installObjects } from '../server/install-objects.ts'

/** What `helm upgrade -i flux --set git.url=…` was: the cluster follows a repository from now on. */
export async function run(options: GlobalOptions & InstallOptions): Promise<void> {
  await withServer(options, async ({ client }) => {
    for (const object of installObjects(options)) await client.apply(object, { fieldManager: 'slipway' })
    console.log(`the cluster follows ${options.gitUrl}, branch ${options.gitBranch}, path ${options.gitPath}`)
  })
}
