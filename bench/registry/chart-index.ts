import { chartArchive } from '../../packages/registry/src/testing/index.ts'
import type { Peer } from './servers.ts'

export interface IndexShape {
  name: string
  chart(number: number): { name: string; version: string }
}

/** The same number of charts as many names, and as one name that has been built again and again. */
export const SHAPES: IndexShape[] = [
  { name: 'names', chart: (number) => ({ name: `chart-${number}`, version: '1.0.0' }) },
  { name: 'versions of one', chart: (number) => ({ name: 'appawebapi', version: `${number}.0.0` }) },
]

const ROUNDS = 50
const AT_ONCE = 16

/** index.yaml of many charts: asked for again, known already, and after a push. Milliseconds. */
export async function measureIndex(peer: Peer, { name, chart }: IndexShape, count: number) {
  const repo = name.replaceAll(' ', '-')
  const authorization = (await peer.login(`artifact-repository:${repo}:pull,push`)) ?? ''
  const push = async (number: number): Promise<void> => {
    const { name: chartName, version } = chart(number)
    const body = new Uint8Array(await chartArchive(chartName, version))
    const path = `/helm/v1/${repo}/_blobs/${chartName}-${version}.tgz`
    const { status } = await fetch(new URL(path, peer.url), { method: 'PUT', headers: { authorization }, body })
    if (status !== 201) throw new Error(`${path} was answered with ${status}`)
  }
  const get = async (headers: Record<string, string> = {}): Promise<{ etag: string; bytes: number }> => {
    const answer = await fetch(new URL(`/helm/v1/${repo}/index.yaml`, peer.url), {
      headers: { authorization, 'accept-encoding': 'identity', ...headers },
    })
    return { etag: answer.headers.get('etag') ?? '', bytes: (await answer.arrayBuffer()).byteLength }
  }
  const queue = Array.from({ length: count }, (_, number) => number).values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const number of queue) await push(number)
    }),
  )
  const { etag, bytes } = await get()
  const times: Record<string, number[]> = { cached: [], unchanged: [], push: [], 'after a push': [] }
  const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now()
    await work()
    times[what]?.push(performance.now() - began)
  }
  for (let round = 0; round < ROUNDS; round++) {
    await timed('cached', () => get())
    await timed('unchanged', () => get({ 'if-none-match': etag }))
  }
  for (let round = 0; round < ROUNDS; round++) {
    await timed('push', () => push(count + round))
    await timed('after a push', () => get())
  }
  return Object.entries(times).map(([what, values]) => {
    const sorted = values.sort((a, b) => a - b)
    const at = (q: number): string => `${sorted[Math.ceil(sorted.length * q) - 1]?.toFixed(1)} ms`
    return { index: `${count} ${name} (${(bytes / 1e6).toFixed(1)} MB)`, what, median: at(0.5), p99: at(0.99) }
  })
}
