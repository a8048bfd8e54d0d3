import { type GlobalOptions, withServer } from '../connect.ts'
import { readIdentity } from '../server/gitops-identity.ts'

/** Prints the public SSH key with which this installation reads repositories. */
export async function run(options: GlobalOptions): Promise<void> {
  const { publicKey } = await withServer(options, ({ client }) => readIdentity(client))
  console.log(publicKey)
}
