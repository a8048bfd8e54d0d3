import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KubeClient, parseKubeconfig } from './index.ts'

let server: Server
/** The Impersonate headers of the last request, one line each. */
let impersonated: string[] = []

beforeAll(async () => {
  server = createServer(({ rawHeaders }, response) => {
    const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []))
    impersonated = lines.filter((line) => line.startsWith('impersonate-'))
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.close()
})

function kubeconfig(cluster: object, user: object): string {
  const { port } = server.address() as AddressInfo
  return JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, ...cluster } }],
    users: [{ name: 'u', user }],
  })
}

it.each<[object, string[]]>([
  [{}, []],
  [{ as: 'alice' }, ['impersonate-user: alice']],
  [
    { as: 'alice', 'as-groups': ['one', 'two'] },
    ['impersonate-user: alice', 'impersonate-group: one', 'impersonate-group: two'],
  ],
])('a user %j of a kubeconfig acts as %j', async (user, headers) => {
  const client = new KubeClient(parseKubeconfig(kubeconfig({}, user)))

  await client.getText('/version')
  await client.close()

  expect(impersonated).toEqual(headers)
})

it('a client acts as others at the same time', async () => {
  const client = new KubeClient(parseKubeconfig(kubeconfig({}, {})))
  const bob = client.as({ user: 'bob', groups: ['one'] })

  await bob.getText('/version')
  const asBob = impersonated
  await client.getText('/version')
  await client.close()

  expect(asBob).toEqual(['impersonate-user: bob', 'impersonate-group: one'])
  expect(impersonated).toEqual([])
  await expect(bob.getText('/version')).rejects.toMatchObject({ code: 'KUBE_UNAVAILABLE' })
})

it("takes the name that the server's certificate must have from a kubeconfig", () => {
  expect(parseKubeconfig(kubeconfig({ 'tls-server-name': 'api.example.com' }, {}))).toMatchObject({
    tlsServerName: 'api.example.com',
  })
})
