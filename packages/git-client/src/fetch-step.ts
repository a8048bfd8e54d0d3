import type { Duplex } from 'node:stream'
import { type BareCache, localRef } from './bare-cache.ts'
import { FetchProtocol } from './fetch-protocol.ts'
import { readPack } from './pack.ts'

/**
 * Moves a branch that was fetched before the small step ahead that a push mostly is. It starts no process: `git fetch` is six of
 * them, each of which costs a large program more than the whole step. Resolves to the new commit; undefined when it is not
 * that simple, and git is to fetch.
 */
export async function fetchStep(
  channel: Duplex,
  cache: BareCache,
  { ref, have }: { ref: string; have: string },
): Promise<string | undefined> {
  const server = new FetchProtocol(channel)
  if (!(await server.open())) return undefined
  const want = await server.resolve(ref)
  if (want === undefined || want === have) return want
  const pack = await server.fetch(want, have)
  if (!pack) return undefined
  const objects = await readPack(pack, (id) => cache.objects.read(id))
  if (objects.get(want)?.type !== 'commit') return undefined
  cache.store(objects)
  // Only now: who sees the ref finds all that belongs to it.
  cache.moveRef(localRef(ref), want)
  return want
}
