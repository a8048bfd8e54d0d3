import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { chartDownloads } from './chart-downloads.ts'

const chart = gzipSync('a chart')
const index = `apiVersion: v1
entries:
  web: [{ apiVersion: v2, name: web, version: 1.0.0, urls: [web-1.0.0.tgz] }]
`
let answers: (Buffer | string)[]
const server = createServer((request, response) => {
  if (request.url === '/index.yaml') response.end(index)
  // Nothing says how long it is, so that half of it ends as the whole does.
  else response.socket?.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), Buffer.from(answers.shift() ?? '')]))
})

beforeEach(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterEach(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))

it.each([
  ['half of a chart', chart.subarray(0, 10)],
  ['a page in the place of a chart', '<html>'],
])('keeps a chart that is whole, and not %s', async (_, first) => {
  answers = [first, chart]
  const downloads = chartDownloads({})
  const download = async (): Promise<string> => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { archive } = await downloads.download(url, 'web', '1.0.0', new AbortController().signal)
    return Buffer.from(archive).toString('base64')
  }

  await download()

  expect([await download(), await download()]).toEqual(Array(2).fill(chart.toString('base64')))
})
