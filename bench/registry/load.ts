/** The load, in a process of its own: takes a `Job`, does it, answers with a `Result`. */
import { createHash } from 'node:crypto'
import { type Body, HttpConnection } from './http-connection.ts'

export interface Job {
  url: string
  authorization?: string
  repository: string
  kind: 'push blobs' | 'pull blobs' | 'push manifests' | 'pull manifests'
  count: number
  /** Bytes of each blob. */
  size: number
  /** How many times each is pulled. @default 1 */
  times?: number
  clients: number
}

export interface Result {
  seconds: number
  /** Milliseconds per blob or manifest, in the order in which they ended. */
  times: number[]
}

const BLOCK = 1024 * 1024
const block = Buffer.alloc(BLOCK, 'the same again, ')
const CONFIG = Buffer.from('{}')
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'

/** Blob `index` of a repository: the same block again and again, the first of which says which blob this is. */
function blob(repository: string, index: number, size: number): Body {
  return {
    size,
    *pieces() {
      const first = Buffer.from(block.subarray(0, Math.min(size, BLOCK)))
      first.write(`${repository} ${index} `)
      yield first
      for (let left = size - first.length; left > 0; left -= BLOCK) yield left < BLOCK ? block.subarray(0, left) : block
    },
  }
}

const whole = (bytes: Buffer): Body => ({ size: bytes.length, pieces: () => [bytes] })

function digest(body: Body): string {
  const hash = createHash('sha256')
  for (const piece of body.pieces()) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

function manifest(repository: string, index: number): Body {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest(whole(CONFIG)), size: 2 }
  const annotations = { repository, number: String(index) }
  return whole(
    Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [{ ...config }], annotations }),
    ),
  )
}

function expectStatus(wanted: number, { status }: { status: number }, what: string): void {
  if (status !== wanted) throw new Error(`${what} was answered with ${status}`)
}

/** As docker, podman and crane push: start, stream, finish. */
async function pushBlob(connection: HttpConnection, repository: string, body: Body, name: string): Promise<void> {
  const started = await connection.request('POST', `/v2/${repository}/blobs/uploads/`)
  expectStatus(202, started, 'the start of an upload')
  const streamed = await connection.request('PATCH', pathOf(started.location), body, {
    'content-type': 'application/octet-stream',
  })
  expectStatus(202, streamed, 'a blob')
  const end = pathOf(streamed.location)
  expectStatus(201, await connection.request('PUT', `${end}${end.includes('?') ? '&' : '?'}digest=${name}`), 'its end')
}

function pathOf(location: string | undefined): string {
  const { pathname, search } = new URL(location ?? '', 'http://registry')
  return pathname + search
}

async function pull(connection: HttpConnection, path: string, size: number): Promise<void> {
  const answer = await connection.request('GET', path, undefined, { accept: MANIFEST_TYPE })
  expectStatus(200, answer, path)
  if (answer.bytes !== size) throw new Error(`${path} has ${answer.bytes} bytes, not ${size}`)
}

type Task = (connection: HttpConnection) => Promise<void>

async function tasksOf({ kind, count, size, repository }: Job, connection: HttpConnection): Promise<Task[]> {
  const bodies = Array.from({ length: count }, (_, index) =>
    kind.endsWith('blobs') ? blob(repository, index, size) : manifest(repository, index),
  )
  const named = bodies.map((body, index) => ({ body, index, name: digest(body) }))
  switch (kind) {
    case 'push blobs':
      return named.map(
        ({ body, name }) =>
          (client) =>
            pushBlob(client, repository, body, name),
      )
    case 'pull blobs':
      return named.map(
        ({ body, name }) =>
          (client) =>
            pull(client, `/v2/${repository}/blobs/${name}`, body.size),
      )
    case 'push manifests':
      await pushBlob(connection, repository, whole(CONFIG), digest(whole(CONFIG)))
      return named.map(({ body, index }) => async (client) => {
        const path = `/v2/${repository}/manifests/tag-${index}`
        expectStatus(201, await client.request('PUT', path, body, { 'content-type': MANIFEST_TYPE }), path)
      })
    case 'pull manifests':
      return named.map(
        ({ body, index }) =>
          (client) =>
            pull(client, `/v2/${repository}/manifests/tag-${index}`, body.size),
      )
  }
}

async function run(job: Job): Promise<Result> {
  const url = new URL(job.url)
  const options = job.authorization === undefined ? {} : { authorization: job.authorization }
  const connections = Array.from({ length: job.clients }, () => new HttpConnection(url, options))
  const [first] = connections
  const tasks = first ? await tasksOf(job, first) : []
  const repeated = Array.from({ length: job.times ?? 1 }, () => tasks).flat()
  // Each has asked once, so that no connection is opened in the time that is measured.
  await Promise.all(connections.map((connection) => connection.request('GET', '/v2/')))
  const times: number[] = []
  const queue = repeated.values()
  const began = performance.now()
  await Promise.all(
    connections.map(async (connection) => {
      for (const task of queue) {
        const started = performance.now()
        await task(connection)
        times.push(performance.now() - started)
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  for (const connection of connections) connection.close()
  return { seconds, times }
}

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
