import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import type { Container } from '../../model/pod.ts'
import { type ProbeTarget, runHook, runProbe } from './probe-action.ts'

let server: Server | undefined
afterEach(() => {
  server?.close()
  server?.closeAllConnections()
})

async function listen(listener: RequestListener): Promise<number> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function targetOf(container: Partial<Container>, exec: (command: string[]) => unknown = () => undefined): ProbeTarget {
  const engine = { exec: async (_id: string, { command }: { command: string[] }) => exec(command) }
  const dial = (port: number) => ({ host: '127.0.0.1', port })
  return {
    engine,
    containerId: 'id',
    container: { name: 'c', image: 'i', ...container },
    dial,
  } as unknown as ProbeTarget
}

const session = (code: number) => ({
  ...{ stdout: new PassThrough(), stderr: new PassThrough() },
  ...{ exited: Promise.resolve(code), close: () => {} },
})

describe('runProbe', () => {
  it.each([
    [204, { success: true, output: '' }],
    [302, { success: true, output: 'Probe terminated redirects, Response body: ', warning: true }],
    [404, { success: false, output: 'HTTP probe failed with statuscode: 404' }],
  ])('judges by the status %i', async (status, expected) => {
    const port = await listen((_request, response) => response.writeHead(status).end())

    expect(await runProbe({ httpGet: { port } }, targetOf({}))).toEqual(expected)
  })

  it('says in the words of a real kubelet why it has no answer', async () => {
    const port = await listen((request) => {
      if (request.url === '/hangs-up') request.destroy()
    })
    const url = `127.0.0.1:${port}`
    const output = async (path: string, scheme: 'HTTP' | 'HTTPS' = 'HTTP'): Promise<string> =>
      (await runProbe({ httpGet: { port, path, scheme }, timeoutSeconds: 0.1 }, targetOf({}))).output

    expect(await output('/hangs-up')).toBe(`Get "http://${url}/hangs-up": EOF`)
    expect(await output('/', 'HTTPS')).toBe(`Get "https://${url}/": http: server gave HTTP response to HTTPS client`)
    expect(await output('/late')).toBe(
      `Get "http://${url}/late": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    )
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
    const refused = `dial tcp ${url}: connect: connection refused`
    expect(await output('/')).toBe(`Get "http://${url}/": ${refused}`)
    expect((await runProbe({ tcpSocket: { port } }, targetOf({}))).output).toBe(refused)
  })

  it('takes the beginning of an endless answer for the whole', async () => {
    const port = await listen((_request, response) => void response.write(Buffer.alloc(20_000)))

    expect(await runProbe({ httpGet: { port } }, targetOf({}))).toEqual({ success: true, output: '' })
  })

  it('knows nothing of a container whose answer breaks off', async () => {
    const port = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('1', () => response.destroy())
    })

    expect(await runProbe({ httpGet: { port } }, targetOf({}))).toMatchObject({ success: false, errored: 'failure' })
  })

  it('knows nothing of a container while the engine does not answer', async () => {
    const target = targetOf({}, () => {
      throw new Error('no engine')
    })

    expect(await runProbe({ exec: { command: ['x'] } }, target)).toEqual({
      ...{ success: false, output: 'no engine', errored: 'unknown' },
    })
  })

  it('runs commands with the variables that the spec itself says', async () => {
    const run: string[][] = []
    const env = [
      { name: 'USER', value: 'web' },
      { name: 'SECRET', valueFrom: {} },
    ]
    const target = targetOf({ env }, (command) => {
      run.push(command)
      return session(0)
    })
    await runProbe({ exec: { command: ['ask', '$(USER)', '[$(SECRET)]', '$(date)', '$$(USER)'] } }, target)

    expect(run).toEqual([['ask', 'web', '[]', '$(date)', '$(USER)']])
  })

  it('ends a command that takes too long', async () => {
    const ended: string[] = []
    const target = targetOf({}, () => ({
      ...{ ...session(0), exited: new Promise(() => {}) },
      ...{ kill: async () => ended.push('killed'), close: () => ended.push('closed') },
    }))

    expect(await runProbe({ exec: { command: ['sleep', '9'] }, timeoutSeconds: 0.01 }, target)).toEqual({
      ...{ success: false, output: 'command timed out: "sleep 9" timed out after 0.01s' },
    })
    expect(ended).toEqual(['killed', 'closed'])
  })
})

describe('runHook', () => {
  it('is content with any answer', async () => {
    const agents: unknown[] = []
    const port = await listen(({ headers }, response) => {
      agents.push(headers['user-agent'])
      response.writeHead(500).end()
    })

    expect(await runHook({ httpGet: { port } }, targetOf({}), 1000)).toEqual({ success: true, output: '' })
    expect(agents).toEqual(['kube-lifecycle/1.34'])
  })

  it('fails without an answer', async () => {
    const port = await listen((request) => request.destroy())

    expect(await runHook({ httpGet: { port } }, targetOf({}), 1000)).toMatchObject({ success: false })
  })
})
