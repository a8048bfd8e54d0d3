import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { openAzureBucket } from './azure-bucket.ts'
import type { Bucket } from './bucket.ts'
import { BucketAddress } from './bucket-address.ts'
import { openS3Bucket } from './s3-bucket.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const content = Buffer.alloc(6 * 1024 * 1024, 'some content, ')
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** A server that answers by the first route whose `METHOD url` begins so, and else with an empty list. */
async function serve(routes: Record<string, Answer>): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      const line = `${request.method} ${request.url}`
      seen.push(line)
      const route = Object.keys(routes).find((start) => line.startsWith(start))
      const answer = route === undefined ? undefined : routes[route]
      if (answer) answer(request, response)
      else response.writeHead(200, { 'content-type': 'application/xml' }).end('<ListBucketResult></ListBucketResult>')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => server.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const openS3 = (url: string, silence?: number): Promise<Bucket> => {
  const credentials = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' }
  return openS3Bucket(new BucketAddress('s3://blobs/team', { ...credentials, AWS_ENDPOINT_URL_S3: url }), silence)
}
const openAzure = (url: string, silence?: number): Promise<Bucket> => {
  const credentials = { AZURE_STORAGE_ACCOUNT: 'a', AZURE_STORAGE_KEY: 'a2V5' }
  const environment = { ...credentials, AZURE_STORAGE_SERVICE_ENDPOINT: url }
  return openAzureBucket(new BucketAddress('azure://blobs/team', environment), silence)
}

const SERVICES = [
  { name: 's3', open: openS3 },
  { name: 'azure', open: openAzure },
]

describe.each(SERVICES)('a content of $name', ({ open }) => {
  /** Sends what is asked for, and breaks off behind `bytes` of it. */
  const breakingBehind =
    (bytes: number): Answer =>
    ({ headers }, response) => {
      const asked = /^bytes=(\d+)-(\d*)$/.exec(String(headers.range ?? headers['x-ms-range'] ?? ''))
      const start = Number(asked?.[1] ?? 0)
      const end = asked?.[2] ? Number(asked[2]) : content.length - 1
      const body = content.subarray(start, end + 1)
      response.writeHead(asked ? 206 : 200, {
        'content-length': body.length,
        'content-range': `bytes ${start}-${end}/${content.length}`,
        etag: '"1"',
      })
      if (body.length <= bytes) return response.end(body)
      return response.write(body.subarray(0, bytes), () => response.socket?.destroySoon())
    }

  it('is read on where its connections break', async () => {
    const { url } = await serve({ 'GET /blobs/team/a': breakingBehind(4_000_000) })
    const bucket = await open(url)

    const whole = await bucket.get('a')
    const part = await bucket.get('a', { start: 1_000, end: 5_500_000 })

    expect(whole && (await buffer(whole)).equals(content)).toBe(true)
    expect(part && (await buffer(part)).equals(content.subarray(1_000, 5_500_001))).toBe(true)
  })

  it('is given up where no connection brings any more of it', async () => {
    const { url } = await serve({ 'GET /blobs/team/a': breakingBehind(0) })
    const found = await (await open(url)).get('a')

    await expect(buffer(found ?? Readable.from([]))).rejects.toMatchObject({ code: 'BLOB_STORE_UNREACHABLE' })
  })
})

describe.each(SERVICES)('$name, when it is silent,', ({ open }) => {
  const SILENT = 300
  const never: Answer = () => {}
  const unreachable = { class: 'transient', code: 'BLOB_STORE_UNREACHABLE' }
  const tries = (seen: string[]): number => seen.filter((line) => line.includes('/blobs/team/')).length
  const headers = { 'content-length': content.length, 'content-range': `bytes 0-9/10`, etag: '"1"' }

  it('is asked again only as long as somebody still waits', async () => {
    const { url, seen } = await serve({
      'GET /blobs/team/': never,
      'HEAD /blobs/team/': never,
      'PUT /blobs/team/': never,
    })
    const bucket = await open(url, SILENT)

    await expect(bucket.size('a')).rejects.toMatchObject({
      ...unreachable,
      message: expect.stringContaining('no byte came or went for 0.3 s'),
    })
    await expect(bucket.get('a')).rejects.toMatchObject(unreachable)
    await expect(bucket.put('a', content)).rejects.toMatchObject(unreachable)
    expect(tries(seen)).toBeLessThanOrEqual(9)
  })

  it('says so in the middle of a content', async () => {
    const { url, seen } = await serve({
      'GET /blobs/team/a': (_, response) => void response.writeHead(200, headers).flushHeaders(),
    })
    const found = await (await open(url, SILENT)).get('a')

    const read = buffer(found ?? Readable.from([]))

    await expect(read).rejects.toMatchObject(unreachable)
    expect(tries(seen)).toBeLessThanOrEqual(3)
  })

  it('does not take a content whose pieces come one by one, or whose reader is slow, for silent', async () => {
    const { url, seen } = await serve({
      'GET /blobs/team/a': (_, response) => {
        response.writeHead(200, headers).write(content.subarray(10))
        let left = 10
        const drip = setInterval(() => (left-- > 0 ? response.write('x') : response.end()), SILENT / 5)
        response.once('close', () => clearInterval(drip))
      },
    })
    const found = (await (await open(url, SILENT)).get('a')) ?? Readable.from([])
    const slow = (await (await open(url, SILENT)).get('a')) ?? Readable.from([])

    expect((await buffer(found)).length).toBe(content.length)
    expect((await buffer(slow)).length).toBe(content.length)
    expect(tries(seen)).toBe(2)
  })
})

describe('a large object of s3', () => {
  const started: Answer = (_, to) =>
    to.end('<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>')
  const failed: Answer = (_, to) => to.end('<Error><Code>InternalError</Code><Message>try again</Message></Error>')
  const there: Answer = (_, to) => to.writeHead(200, { 'content-length': content.length }).end()
  const missing: Answer = (_, to) => to.writeHead(404).end()
  const put = async (url: string): Promise<void> =>
    (await openS3(url)).putStream('a', Readable.from([content]), content.length)

  it('is not there because 200 was answered', async () => {
    const { url, seen } = await serve({
      'POST /blobs/team/a?uploads': started,
      'POST /blobs/team/a?uploadId': failed,
      'HEAD /blobs/team/a': missing,
    })

    await expect(put(url)).rejects.toMatchObject({ code: 'BLOB_STORE_UNREACHABLE' })
    await expect.poll(() => seen.at(-1)).toBe('DELETE /blobs/team/a?uploadId=7')
  })

  it('is there although the answer that says so was lost', async () => {
    const { url } = await serve({
      'POST /blobs/team/a?uploads': started,
      'POST /blobs/team/a?uploadId': (_, to) => void to.socket?.destroy(),
      'HEAD /blobs/team/a': there,
    })

    await expect(put(url)).resolves.toBeUndefined()
  })

  it('leaves nothing of one that never appeared', async () => {
    const uploads = (...keys: string[]): string =>
      `<ListMultipartUploadsResult>${keys
        .map((key) => `<Upload><Key>${key}</Key><UploadId>id-of-${key.at(-1)}</UploadId></Upload>`)
        .join('')}</ListMultipartUploadsResult>`
    const open = new Set(['team/a', 'team/b', 'other/c'])
    const { url } = await serve({
      'GET /blobs/?prefix=team%2F&uploads': (_, to) => to.end(uploads(...open)),
      'DELETE /blobs/team/': (request, to) => {
        open.delete(request.url?.slice('/blobs/'.length).replace(/\?.*/, '') ?? '')
        to.writeHead(204).end()
      },
    })

    await (await openS3(url)).removeLeftovers()

    expect([...open]).toEqual(['other/c'])
  })
})
