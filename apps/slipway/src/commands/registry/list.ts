import { connectToRegistry, type RegistryFlags } from '../../registry/connection.ts'
import { type OutputFlags, printResult } from '../../registry/output.ts'

/** Prints the repositories of a registry. */
export async function run(options: RegistryFlags & OutputFlags, hostName?: string): Promise<void> {
  const { client, host } = await connectToRegistry(options)
  const repositories = await client.listRepositories(host(hostName))
  printResult(options, { repositories }, () => repositories.join('\n'))
}
