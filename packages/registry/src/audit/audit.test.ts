import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, startRegistry, type TestRegistry } from '../testing/index.ts'
import type { AuditEntry } from './audit-entry.ts'
import { AuditFile } from './audit-file.ts'

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(async () => {
  await registry.stop()
  await registry.remove()
})

const entriesOf = async (work: () => Promise<unknown>): Promise<AuditEntry[]> => {
  const before = registry.audit.length
  await work()
  await expect.poll(() => registry.audit.length).toBeGreaterThan(before)
  return registry.audit.slice(before)
}

describe('the audit log', () => {
  it('says who did what to what, from where, and what came of it', async () => {
    const digest = await registry.client.pushImage('web', '1')
    const requests: [string, string, object][] = [
      ['GET', '/v2/web/manifests/1', { action: 'pull', repository: 'web', reference: '1', outcome: 'done' }],
      ['GET', '/v2/web/manifests/none', { action: 'pull', reference: 'none', outcome: 'refused', status: 404 }],
      ['PATCH', '/acr/v1/web', { action: 'lock', outcome: 'refused', status: 400 }],
      ['DELETE', `/v2/web/manifests/${digest}`, { action: 'delete', reference: digest, outcome: 'done', status: 202 }],
      ['POST', '/v2/_slipway/gc', { action: 'gc', outcome: 'done' }],
    ]
    for (const [method, path, expected] of requests) {
      const [entry] = await entriesOf(() => registry.client.send(method, path, method === 'PATCH' ? { body: '{' } : {}))

      expect(entry).toMatchObject({ actor: 'admin', method, path, remoteAddress: '127.0.0.1', ...expected })
      expect(entry?.time).toMatch(/^\d{4}-/)
    }
  })

  it('says what somebody was refused, and who could not log in', async () => {
    const [denied] = await entriesOf(() =>
      registry.client.send('DELETE', '/v2/web/manifests/1', { auth: basic('reader') }),
    )
    const [wrong] = await entriesOf(() =>
      registry.client.send('GET', '/v2/web/manifests/1', { auth: basic('admin', 'wr0ng') }),
    )
    const [login] = await entriesOf(() => registry.client.token('developer', 'repository:web:pull'))

    expect(denied).toMatchObject({ actor: 'reader', outcome: 'refused', status: 403, refused: 'repository:web:delete' })
    expect(wrong).toMatchObject({ action: 'pull', outcome: 'refused', status: 401 })
    expect(wrong).not.toHaveProperty('actor')
    expect(login).toMatchObject({ actor: 'developer', action: 'login', outcome: 'done' })
    expect(JSON.stringify(registry.audit)).not.toMatch(/wr0ng|secret|Basic|Bearer|eyJ/)
  })

  it('does not take for done what a client left before it was answered', async () => {
    const { hostname, port } = new URL(registry.url)
    const [left] = await entriesOf(async () => {
      const socket = connect(Number(port), hostname)
      const head = `PUT /v2/web/manifests/2 HTTP/1.1\r\nhost: x\r\nauthorization: ${basic('admin')}\r\nexpect: 100-continue\r\n`
      socket.write(`${head}content-length: 1000\r\n\r\n`)
      await once(socket, 'data')
      socket.destroy()
    })

    expect(left).toMatchObject({ action: 'push', outcome: 'failed', status: 499, remoteAddress: '127.0.0.1' })
  })

  it('is silent about blobs, and about clients that come to ask for the way', async () => {
    const before = registry.audit.length
    await registry.client.pushBlob('web', 'x')
    await registry.client.send('GET', '/v2/', { auth: '' })
    await entriesOf(() => registry.client.send('GET', '/v2/web/manifests/1'))

    expect(registry.audit.slice(before).map(({ action }) => action)).toEqual(['pull'])
  })
})

describe('an audit file', () => {
  it('is turned over when it is large, and tells of lines that it could not keep', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'audit-'))
    const errors: unknown[] = []
    const path = join(dir, 'audit.jsonl')
    const entry: AuditEntry = { time: '', action: 'pull', outcome: 'done' }
    await writeFile(path, Buffer.alloc(33 * 1024 * 1024))
    const file = new AuditFile(path, (error) => errors.push(error))

    file.add(entry)
    await file.close()
    const names = (await readdir(dir)).sort()
    const text = await readFile(path, 'utf8')
    const lost = new AuditFile(join(dir, 'none', 'audit.jsonl'), (error) => errors.push(error))
    lost.add(entry)
    await lost.close()
    await rm(dir, { recursive: true })

    expect(names).toEqual(['audit.jsonl', 'audit.jsonl.1'])
    expect(JSON.parse(text)).toEqual(entry)
    expect(errors.map(String)).toEqual([expect.stringContaining('ENOENT'), 'Error: 1 lines of the audit log were lost'])
  })
})
