import { SYSTEM_NAMESPACE } from '../access/access-objects.ts'
import { type GlobalOptions, withServer } from '../connect.ts'
import { repositoryObject, waitForRepository } from '../server/repositories.ts'

interface Options extends GlobalOptions {
  defaultBranch: string
}

/** Creates an empty repository and prints its addresses. */
export async function run(options: Options, name: string): Promise<void> {
  await withServer(options, async ({ client }) => {
    await client.create(repositoryObject(name, { namespace: SYSTEM_NAMESPACE, defaultBranch: options.defaultBranch }))
    const { status } = await waitForRepository(client, name)
    console.log(`repository "${name}" created\n  ${status.httpUrl}\n  ${status.sshUrl}`)
  })
}
