import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { KubeClient, parseKubeconfig } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'token-source-'))
let server: Server
/** What callers have shown, and whom the server believes. */
let shown: string[] = []
let accepted: RegExp
let client: KubeClient | undefined

beforeAll(async () => {
  server = createServer((request, response) => {
    const token = request.headers.authorization ?? ''
    shown.push(token)
    response.writeHead(accepted.test(token) ? 200 : 401).end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await client?.close()
  shown = []
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

function connect(user: object, environment = {}): KubeClient {
  const { port } = server.address() as AddressInfo
  const config = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user }],
  }
  client = new KubeClient(parseKubeconfig(JSON.stringify(config), undefined, environment))
  return client
}

/** A credential plug-in that counts how often it ran, and tells its environment. */
function plugin(expires: string): { command: string; args: string[]; apiVersion: string; env: object[] } {
  const file = join(folder, 'plugin')
  const count = join(folder, `count-${Math.random()}`)
  writeFileSync(
    file,
    `#!/bin/sh
echo x >> ${count}
n=$(grep -c x ${count})
echo '{"kind":"ExecCredential","status":{"token":"'$1-$n-$GIVEN-$INHERITED'","expirationTimestamp":"${expires}"}}'`,
  )
  chmodSync(file, 0o755)
  const apiVersion = 'client.authentication.k8s.io/v1'
  return { apiVersion, command: file, args: ['token'], env: [{ name: 'GIVEN', value: 'given' }] }
}

describe('credentials that are renewed', () => {
  it('come from a plug-in, with its arguments and environment, and are kept until their end', async () => {
    accepted = /./
    const kube = connect({ exec: plugin('2999-01-01T00:00:00Z') }, { PATH: '/usr/bin:/bin', INHERITED: 'inherited' })

    await kube.getText('/a')
    await kube.getText('/b')

    expect(shown).toEqual(['Bearer token-1-given-inherited', 'Bearer token-1-given-inherited'])
  })

  it('are asked for anew when their time is over', async () => {
    accepted = /./
    const kube = connect({ exec: plugin('2001-01-01T00:00:00Z') }, { PATH: '/usr/bin:/bin' })

    await kube.getText('/a')
    await kube.getText('/b')

    expect(shown).toEqual(['Bearer token-1-given-', 'Bearer token-2-given-'])
  })

  it('are asked for anew once when the server refuses them', async () => {
    accepted = /token-2/
    const kube = connect({ exec: plugin('2999-01-01T00:00:00Z') }, { PATH: '/usr/bin:/bin' })

    expect(await kube.getText('/a')).toBe('ok')
    accepted = /nobody/
    await expect(kube.getText('/b')).rejects.toMatchObject({ code: 'KUBE_UNAUTHORIZED' })

    expect(shown.map((token) => token.split('-')[1])).toEqual(['1', '2', '2', '3'])
  })

  it('come from a file', async () => {
    accepted = /./
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'from-a-file\n')

    await connect({ tokenFile }).getText('/a')

    expect(shown).toEqual(['Bearer from-a-file'])
  })

  it.each([
    ['a plug-in that is not there', { exec: { apiVersion: 'v1', command: join(folder, 'absent') } }],
    ['a plug-in that gives nothing', { exec: { apiVersion: 'v1', command: '/bin/true' } }],
    ['a file that is not there', { tokenFile: join(folder, 'absent') }],
  ])('that come from %s are told as what they are', async (_, user) => {
    await expect(connect(user).getText('/a')).rejects.toMatchObject({ code: 'KUBE_CREDENTIALS_UNAVAILABLE' })
  })
})
