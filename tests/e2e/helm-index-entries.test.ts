import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPath } from './clients.ts'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))
const helm4 = clientPath('helm4')
const root = mkdtempSync(join(tmpdir(), 'slipway-helm-entries-'))

const entry = (fields: Record<string, unknown>): unknown => ({
  ...{ apiVersion: 'v2', name: 'shop', version: '1.0.0', description: 'wares', urls: ['shop-1.0.0.tgz'] },
  ...fields,
})

/** What the indexes have of the chart `shop`, by the repository's name. */
const SHOPS: Record<string, unknown[]> = {
  none: [],
  nameless: [entry({ name: undefined })],
  misnamed: [entry({ name: 'ship' })],
  homeless: [entry({ urls: [] })],
  lost: [entry({ urls: ['http://[::1'] })],
  foreign: [entry({ urls: ['ftp://example.com/shop-1.0.0.tgz'] })],
  removed: [entry({ removed: true, version: '1.1.0' }), entry({})],
  gone: [entry({ urls: ['/elsewhere/shop-1.0.0.tgz'] })],
}

type Helm = (...args: string[]) => Promise<unknown>

function helmOf(name: string, command: string, first: string[] = []): Helm {
  const folder = join(root, name)
  mkdirSync(folder)
  const env = {
    ...process.env,
    HELM_CONFIG_HOME: join(folder, 'config'),
    HELM_CACHE_HOME: join(folder, 'cache'),
    HELM_DATA_HOME: join(folder, 'data'),
  }
  // Helm says again of each index that it opens what it passed over; ours opens the part that is asked for.
  const told = (text: string) => text.replaceAll(/^level=WARN msg="skipping loading invalid entry.*\n/gm, '')
  return (...args) =>
    new Promise((resolve) => {
      execFile(command, [...first, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr: told(stderr) })
      })
    })
}

describe.runIf(helm4)("odd entries of a repository's index, beside Helm 4", () => {
  const theirs = helmOf('theirs', helm4!)
  const ours = helmOf('ours', process.execPath, [PROGRAM, 'helm'])
  let server: Server
  let address: string

  beforeAll(async () => {
    server = createServer((request, response) => {
      const [, name = '', file] = (request.url ?? '').split('/')
      if (file !== 'index.yaml') response.writeHead(404).end()
      else response.end(JSON.stringify({ apiVersion: 'v1', entries: { shop: SHOPS[name] } }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve))
    rmSync(root, { recursive: true, force: true })
  })

  it.each(Object.keys(SHOPS))('that are %s are told of alike', async (name) => {
    for (const line of [
      `repo add ${name} ${address}/${name}`,
      `search repo ${name}/ -l --devel`,
      `show chart ${name}/shop`,
      `pull ${name}/shop --version ~1`,
      // Why an address can't be read, Go's parser tells in its own way.
      ...(name === 'lost' ? [] : [`pull shop --repo ${address}/${name} --version 1.0.0`]),
      `repo remove ${name}`,
    ]) {
      const [actual, expected] = await Promise.all([ours, theirs].map((helm) => helm(...line.split(' '))))
      expect({ line, actual }).toEqual({ line, actual: expected })
    }
  })
})
