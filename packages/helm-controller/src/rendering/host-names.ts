import { lookup } from 'node:dns/promises'
import { Answers } from './rounds.ts'

/** The addresses of the hosts that the templates of one rendering ask for; none of a host that can't be found. */
export function hostAddresses(): Answers<readonly string[]> {
  return new Answers({ fetch: addressesOf, rounds: 10, count: 100, tooMuch: [] })
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (host === '') return []
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.map(({ address }) => address)
}
