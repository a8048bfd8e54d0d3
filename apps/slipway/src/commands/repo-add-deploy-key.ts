import { readFileSync } from 'node:fs'
import { type GlobalOptions, withServer } from '../connect.ts'
import { readIdentity } from '../server/gitops-identity.ts'
import { addDeployKey } from '../server/repositories.ts'

interface Options extends GlobalOptions {
  name: string
  write?: boolean
}

/** Lets an SSH key (default: the GitOps identity) read, or with --write also push, one repository. */
export async function run(options: Options, repository: string, file?: string): Promise<void> {
  await withServer(options, async ({ client }) => {
    const publicKey = file ? readFileSync(file, 'utf8').trim() : (await readIdentity(client)).publicKey
    const access = options.write ? 'write' : 'read'
    await addDeployKey(client, repository, { name: options.name, publicKey, access })
    console.log(`deploy key "${options.name}" may ${access === 'write' ? 'read and push' : 'read'} ${repository}`)
  })
}
