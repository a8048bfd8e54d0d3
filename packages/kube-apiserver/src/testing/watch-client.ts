import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { parse } from '@slipway/go-yaml'
import type { KubeObject } from '@slipway/kube-objects'
import type { TestServer } from './test-server.ts'

export interface WatchEvent {
  type: string
  object: KubeObject
}

/** An open watch whose events can be awaited one by one. */
export interface Watch {
  next(): Promise<WatchEvent>
  close(): void
}

/** Opens a watch as the administrator. */
export function openWatch(api: TestServer, path: string, accept = 'application/json'): Promise<Watch> {
  // biome-ignore lint/suspicious/noExplicitAny: a kubeconfig that the test server wrote.
  const config = parse(readFileSync(api.kubeconfig, 'utf8')) as any
  const pem = (text: string) => Buffer.from(text, 'base64')
  const user = config.users[0].user
  const options = {
    ca: pem(config.clusters[0].cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
    headers: { accept },
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const call = request(`${config.clusters[0].cluster.server}${path}`, options, (response) => {
      const events: WatchEvent[] = []
      const waiting: ((event: WatchEvent) => void)[] = []
      let rest = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const event = JSON.parse(line) as WatchEvent
          const taker = waiting.shift()
          if (taker) taker(event)
          else events.push(event)
        }
      })
      response.on('error', () => {})
      resolve({
        next: () => {
          const event = events.shift()
          return event ? Promise.resolve(event) : new Promise((take) => waiting.push(take))
        },
        close: () => call.destroy(),
      })
    })
    call.on('error', reject)
    call.end()
  })
}
